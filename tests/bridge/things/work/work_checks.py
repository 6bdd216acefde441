"""Checks of what changes work items, each of which the real code passes and a wrong variant must fail."""

import asyncio

import pytest

from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things.work import life
from storage.interactions import ClaimRequest
from storage.model import Verdict
from storage.pool import Database
from tests.bridge.things.agreement import agree
from tests.bridge.things.steps import Stepped, Stop
from tests.bridge.things.work.items import BY, Backlog, Move
from tests.storage import build


async def only_the_latest_lease_moves_it(db: Database, _: Database, __: str) -> None:
    """Who lost an item cannot end the lease of the next one, and a repeated move changes nothing."""
    backlog = Backlog(db=db, tenant=await build.tenant(db))
    id = (await backlog.add()).id
    first = await backlog.lease(id, "worker-1")
    await backlog.let_expire(id)
    second = await backlog.lease(id, "worker-2")
    moves: list[Move] = [
        lambda locked: life.released(locked, first, None, BY),
        lambda locked: life.blocked(locked, first, "Words.", BY),
        lambda locked: life.completed(locked, first, None, BY),
        lambda locked: life.renewed(locked, first, 60, BY),
    ]
    for move in moves:
        with pytest.raises(AssertionError, match="stale_fence"):
            await backlog.make(id, move)
    await backlog.complete(id, second)
    await backlog.complete(id, second)
    assert await backlog.history(id) == ["created", "leased", "expired", "leased", "done"]
    await agree(db)


async def nothing_is_taken_that_waits(db: Database, _: Database, __: str) -> None:
    """An item whose dependencies changed without a new round is not taken by a click on that round."""
    backlog = Backlog(db=db, tenant=await build.tenant(db))
    schema = (await backlog.add(to=[])).id
    id = (await backlog.add(schema)).id

    early = await backlog.clicked(id, "take")

    assert early.claimed.verdict is Verdict.REFUSED
    assert (await backlog.row(id)).status == "ready"
    await backlog.complete(schema)
    assert (await backlog.clicked(id, "take")).claimed.verdict is Verdict.WON
    await agree(db)


async def two_who_finish_count_down_in_turn(db: Database, other: Database, dsn: str) -> None:
    """A person who finishes an item waits for a request that adds a dependent one, so that no count stays too high."""
    backlog = Backlog(db=db, tenant=await build.tenant(db))
    id = (await backlog.add()).id
    await backlog.clicked(id, "take")
    done: ClaimRequest = await backlog.click(id, "done", given={})
    stop = Stop(words="from work_items")
    adding = Backlog(db=Stepped(db, stop=stop, dsn=dsn), tenant=backlog.tenant)

    added = asyncio.create_task(adding.add(id))
    await stop.reached.wait()  # it has read that the item is not done
    finishing = asyncio.create_task(backlog.claim(id, done, db=other))
    await asyncio.wait([finishing], timeout=0.5)
    stop.go.set()
    dependent = (await added).id
    assert (await finishing).claimed.verdict is Verdict.WON

    assert (await backlog.row(dependent)).unmet == 0
    await agree(db)


async def time_gives_it_back_and_draws_it_anew(db: Database, other: Database, _: str) -> None:
    """A lease that ran out is given back once, and a card whose item need not wait any more is drawn once."""
    backlog = Backlog(db=db, tenant=await build.tenant(db))
    schema = (await backlog.add(to=[])).id
    id = (await backlog.add(schema)).id
    await backlog.complete(schema)
    [before] = await db.fetch("select sum(wanted) as wanted from cards")

    steps = [await Things(db=each, notifier=Notifier()).step() for each in (db, other, db)]

    [after] = await db.fetch("select sum(wanted) as wanted from cards")
    assert steps == [1, 0, 0] and after["wanted"] == before["wanted"] + 1
    await backlog.lease(id)
    await backlog.let_expire(id)
    assert [await Things(db=each, notifier=Notifier()).step() for each in (db, other)] == [1, 0]
    assert (await backlog.history(id))[-2:] == ["leased", "expired"]
    await agree(db)


CHECKS = {
    "only the latest lease": only_the_latest_lease_moves_it,
    "nothing that waits": nothing_is_taken_that_waits,
    "counted down": two_who_finish_count_down_in_turn,
    "time": time_gives_it_back_and_draws_it_anew,
}
