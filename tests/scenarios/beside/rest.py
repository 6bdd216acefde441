"""How a trial comes to rest: every question ends, and everything that is owed is done, as if its time had come."""

import asyncio

import asyncpg

from tests.scenarios.beside.hearing import Reader

STORIES_SECONDS = 90.0
QUIET_SECONDS = 150.0

_END = """
    update interactions set created_at = created_at - interval '1 day', expires_at = clock_timestamp()
    where status = 'pending' and expires_at > clock_timestamp()
"""
_HURRY = """
    update deliveries set due_at = clock_timestamp()
    where status = 'pending' and leased_until is null and due_at > clock_timestamp() + interval '1 s';
    update cards set due_at = clock_timestamp()
    where shown < wanted and given_up_at is null and leased_until is null
        and due_at > clock_timestamp() + interval '2 s';
"""
_LEFT = """
    select
        (select count(*) from interactions where status = 'pending') as "questions that are pending",
        (select count(*) from deliveries where status = 'pending') as "deliveries that are pending",
        (
            select count(*) from events
            where type like 'interaction.%' and (position is null or to_jsonb(events) ->> 'owed' = 'true')
        ) as "events without a position or their deliveries",
        (select count(*) from cards where shown < wanted and given_up_at is null) as "cards that are due"
"""


async def let_end(db: "asyncpg.Pool[asyncpg.Record]", telling: list["asyncio.Task[None]"]) -> None:
    """Wait for the stories' ends; a question that is still pending after a while ends by its deadline."""
    async with asyncio.timeout(STORIES_SECONDS):
        await asyncio.wait(telling, timeout=10)
        while any(not task.done() for task in telling):
            await db.execute(_END)
            await asyncio.wait(telling, timeout=2)
    for task in telling:
        task.result()
    await db.execute(_END)


async def until_quiet(db: "asyncpg.Pool[asyncpg.Record]", readers: list[Reader]) -> list[str]:
    """What is left to be done when nothing more changes, or when the time is up; nothing, if all is well."""
    left: list[str] = []
    for _ in range(int(QUIET_SECONDS / 2)):
        await db.execute(_HURRY)
        row = await db.fetchrow(_LEFT)
        assert row is not None
        left = [f"{number} {what}" for what, number in row.items() if number]
        latest = await db.fetchval("select max(events_position) from organizations")
        left += [f"{reader.name} is not at the end" for reader in readers if len(set(reader.heard)) < latest]
        if not left:
            return []
        await asyncio.sleep(2)
    return left
