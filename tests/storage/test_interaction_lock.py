"""Writers of one interaction at once, while its row changes and a foreign key's check locks the old row."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from bridge import ids
from storage import cards, interactions
from storage.model import Card
from storage.pool import Database
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import until

REASON = {"code": "c", "detail": "d", "fix": "f"}
WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def retry(db: Database, card: Card) -> None:
    await cards.retry(db, card, seconds=1.0, reason=REASON, failed=True, unsure=True)


async def give_up(db: Database, card: Card) -> None:
    await cards.give_up(db, card, reason=REASON, event_id=ids.new())


async def set_unable(db: Database, card: Card) -> None:
    await interactions.set_unable(db, card, {"U0BOB": REASON})


async def close(db: Database, card: Card) -> None:
    await interactions.close_unreachable(
        db, card.organization_id, card.interaction_id, reason=REASON, event_id=ids.new()
    )


async def cancel(db: Database, card: Card) -> None:
    await interactions.cancel(
        db, card.organization_id, card.interaction_id, reason=REASON, cancelled_by="k", event_id=ids.new()
    )


@pytest.mark.parametrize("write", [cards.mark_maybe_shown, retry, give_up, cards.skip, set_unable, close, cancel])
async def test_writers_of_one_interaction_do_not_deadlock(
    db: Database, tenant: Tenant, dsn: str, write: Callable[[Database, Card], Awaitable[object]]
) -> None:
    to = [{"channel": "C0A"}, {"channel": "C0B"}, {"channel": "C0C"}]
    question = await build.question(db, tenant, addresses=to, card_ids=[ids.new() for _ in to])
    await build.serve(db, tenant)
    leased = await cards.lease(db, [tenant.scope], kinds=["approval", "choice"], limit=10)
    assert len(leased) == len(to)
    referring, changing = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    of_it = f"where id = '{question.id}'"
    try:
        async with referring.transaction():
            await referring.execute(f"select from interactions {of_it} for key share")
            change = changing.transaction()
            await change.start()
            await changing.execute(f"update interactions set cards_left = cards_left {of_it}")
            writes = [asyncio.create_task(_started(write(db, card))) for card in leased]
            await until(lambda: db.fetch(WAITING), lambda rows: len(rows) == len(to))
            await change.commit()

            await asyncio.gather(*writes)
    finally:
        await referring.close()
        await changing.close()


async def _started(write: Awaitable[object]) -> object:
    return await write
