"""Breaks what the trial watches, to show that the trial counts it."""

from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg

from tests.waiting import pause


async def deliveries(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Delete some pending deliveries."""
    while True:
        await db.execute("delete from deliveries where status = 'pending' and random() < 0.1")
        await pause(0.2)


async def answers(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Change some answers that agents have already read."""
    while True:
        await pause(3)
        await db.execute(
            "update interactions set choice = case choice when 'approve' then 'deny' else 'approve' end, "
            "answer = answers -> case choice when 'approve' then 'deny' else 'approve' end "
            "|| jsonb_build_object('by', answer -> 'by', 'via', 'button') "
            "where id = (select id from interactions where kind = 'approval' and answered_by is not null "
            "order by random() limit 1)"
        )


async def words(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Let answers that need words lose them, as if a click alone had won."""
    while True:
        await pause(3)
        await db.execute(
            "update interactions set answer = answer - 'comment' where status = 'answered' and not answers ? choice"
        )


async def events(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Delete an event that has its position."""
    while True:
        await pause(3)
        await db.execute(
            "delete from events where id = (select id from events where type = 'interaction.posted' "
            "and position is not null order by at desc limit 1)"
        )


async def rounds(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Take rounds of things as if they were questions, and add rows of cards for messages that have one."""
    while True:
        await pause(2)
        await db.execute(
            "update interactions set status = 'answered', ended_at = clock_timestamp(), choice = 'restored', "
            "answer = '{}', claim_id = sha256(uuid_send(id)) where id = (select id from interactions "
            "where status = 'pending' and thing_id is not null limit 1)"
        )
        await db.execute(
            "insert into cards "
            "(organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, shown) "
            "select organization_id, connection_id, interaction_id, gen_random_uuid(), 0, address, channel, ts, wanted "
            "from cards where ts is not null and shown = wanted and wanted = 1 limit 1"
        )


async def incidents(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Lose updates of incidents, change notes that were posted, and add rows of cards to later rounds."""
    while True:
        await pause(2)
        await db.execute(
            "delete from incident_updates where id = (select id from incident_updates order by random() limit 1)"
        )
        await db.execute(
            "update notes set text = text || '!' where id = (select id from notes where ts is not null limit 1)"
        )
        await db.execute(
            "insert into cards (organization_id, connection_id, interaction_id, id, ordinal, address, settled) "
            "select organization_id, connection_id, id, gen_random_uuid(), 0, '{}', true "
            "from interactions where thing_id is not null and not is_anchor limit 1"
        )


WAYS: dict[str, Callable[["asyncpg.Pool[asyncpg.Record]"], Coroutine[Any, Any, None]]] = {
    "deliveries": deliveries,
    "answers": answers,
    "events": events,
    "words": words,
    "rounds": rounds,
    "incidents": incidents,
}
