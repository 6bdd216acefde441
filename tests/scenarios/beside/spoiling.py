"""Ways to break what the trial watches, to see that it counts them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg


async def deliveries(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Lose some deliveries that are still to be made."""
    while True:
        await db.execute("delete from deliveries where status = 'pending' and random() < 0.1")
        await asyncio.sleep(0.2)


async def answers(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Change the answers of some questions that agents were told."""
    while True:
        await asyncio.sleep(3)
        await db.execute(
            "update interactions set choice = case choice when 'approve' then 'deny' else 'approve' end, "
            "answer = answers -> case choice when 'approve' then 'deny' else 'approve' end "
            "|| jsonb_build_object('by', answer -> 'by', 'via', 'button') "
            "where id = (select id from interactions where kind = 'approval' and answered_by is not null "
            "order by random() limit 1)"
        )


async def events(db: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Lose an event that has its position."""
    while True:
        await asyncio.sleep(3)
        await db.execute(
            "delete from events where id = (select id from events where type = 'interaction.posted' "
            "and position is not null order by at desc limit 1)"
        )


WAYS: dict[str, Callable[["asyncpg.Pool[asyncpg.Record]"], Coroutine[Any, Any, None]]] = {
    "deliveries": deliveries,
    "answers": answers,
    "events": events,
}
