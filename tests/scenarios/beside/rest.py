"""Brings a trial to rest: every interaction ends, and all work that is due later is done at once."""

import asyncio

import asyncpg

from tests.scenarios.beside.receiving import Reader
from tests.scenarios.trials.rig import THIS
from tests.storage.elapse import set_deadlines
from tests.waiting import pause

STORIES_SECONDS = 90.0
QUIET_SECONDS = 150.0

_AHEAD = "expires_at > clock_timestamp() and thing_id is null"
_HURRY = """
    update deliveries set due_at = clock_timestamp()
    where status = 'pending' and leased_until is null and due_at > clock_timestamp() + interval '1 s';
    update cards set due_at = clock_timestamp()
    where shown < wanted and given_up_at is null and leased_until is null
        and due_at > clock_timestamp() + interval '2 s';
    update notes set due_at = clock_timestamp()
    where given_up_at is null and not maybe_sent and leased_until is null
        and due_at > clock_timestamp() + interval '2 s';
"""
_LEFT = """
    select
        (
            select count(*) from interactions where status = 'pending' and thing_id is null
        ) as "questions that are pending",
        (select count(*) from deliveries where status = 'pending') as "deliveries that are pending",
        (
            select count(*) from events
            where
                (type like 'interaction.%' or thing_id is not null)
                and (position is null or to_jsonb(events) ->> 'owed' = 'true')
        ) as "events without a position or their deliveries",
        (select count(*) from cards where shown < wanted and given_up_at is null) as "cards that are due",
        (select count(*) from notes where given_up_at is null and not maybe_sent) as "notes that wait"
"""
_TOLD = """
    select count(*) as every, count(interaction_id) as of_questions
    from events
    where position is not null
"""
"""The events in the feed; the former release has those of questions in its own."""


async def let_end(db: "asyncpg.Pool[asyncpg.Record]", telling: list["asyncio.Task[None]"]) -> None:
    """Wait until the stories are over; interactions that stay pending end by their deadline."""
    async with asyncio.timeout(STORIES_SECONDS):
        await asyncio.wait(telling, timeout=10)
        while any(not task.done() for task in telling):
            await set_deadlines(db, where=_AHEAD)
            await asyncio.wait(telling, timeout=2)
    for task in telling:
        task.result()
    await set_deadlines(db, where=_AHEAD)


async def until_quiet(db: "asyncpg.Pool[asyncpg.Record]", readers: list[Reader]) -> list[str]:
    """The work that is left after QUIET_SECONDS; empty once all is done."""
    left: list[str] = []
    for _ in range(int(QUIET_SECONDS / 2)):
        await db.execute(_HURRY)
        row = await db.fetchrow(_LEFT)
        assert row is not None
        left = [f"{number} {what}" for what, number in row.items() if number]
        told = await db.fetchrow(_TOLD)
        assert told is not None
        left += [
            f"{reader.name} is not at the end"
            for reader in readers
            if len(set(reader.event_ids)) < told["every" if reader.release == THIS.name else "of_questions"]
        ]
        if not left:
            return []
        await pause(2)
    return left
