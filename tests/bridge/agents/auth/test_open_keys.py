"""Which open requests end when keys are checked."""

import asyncio

import asyncpg

from bridge import ids
from bridge.agents.auth.open_keys import OpenKeys
from storage import keys
from storage.pool import Database
from tests.storage import build
from tests.waiting import until

WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def test_a_request_that_opens_while_the_keys_are_checked_goes_on(db: Database, dsn: str) -> None:
    organization_id = (await build.tenant(db)).scope.organization_id
    first, _ = await keys.create(db, organization_id=organization_id, id=ids.new(), name="first")
    later, _ = await keys.create(db, organization_id=organization_id, id=ids.new(), name="later")
    open_keys, ended = OpenKeys(db), list[str]()
    blocker = await asyncpg.connect(dsn)

    with open_keys.watching(first, lambda: ended.append("first")):
        async with blocker.transaction():
            await blocker.execute("lock table keys in access exclusive mode")
            step = asyncio.create_task(open_keys.step())
            await until(lambda: db.fetch(WAITING), bool)
            watched = open_keys.watching(later, lambda: ended.append("later"))
            watched.__enter__()
        await step
        watched.__exit__(None, None, None)

    await blocker.close()
    assert ended == []


async def test_a_request_that_has_ended_while_the_keys_are_checked_is_left_alone(db: Database, dsn: str) -> None:
    organization_id = (await build.tenant(db)).scope.organization_id
    revoked, _ = await keys.create(db, organization_id=organization_id, id=ids.new(), name="revoked")
    await keys.revoke(db, organization_id=organization_id, id=revoked.id)
    open_keys, ended = OpenKeys(db), list[str]()
    blocker = await asyncpg.connect(dsn)

    async with blocker.transaction():
        await blocker.execute("lock table keys in access exclusive mode")
        with open_keys.watching(revoked, lambda: ended.append("revoked")):
            step = asyncio.create_task(open_keys.step())
            await until(lambda: db.fetch(WAITING), bool)
    await step

    await blocker.close()
    assert ended == []
