"""Leases of work items: who gets which, one after the other and many at once, and what a lease writes."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bridge.things import transactions
from bridge.things.work import NOUN, life
from storage import things, work_items
from storage.pool import Database
from storage.statements import Runs
from storage.things import Request, RequestTaken
from tests.bridge.things.steps import held
from tests.storage import elapse
from tests.storage.build import Tenant
from tests.storage.work_checks import BY, Backlog, counts, wrong

LEASERS = 12
HOLD = "select from work_items join things using (organization_id, id) where id = $1 for update of work_items"


@pytest.fixture
def backlog(db: Database, tenant: Tenant) -> Backlog:
    return Backlog(db=db, tenant=tenant)


async def taken(backlog: Backlog, **options: Any) -> list[UUID]:
    """What one leaser gets until nothing is left."""
    found = []
    while picked := await backlog.lease(**options):
        found.append(picked.id)
    return found


async def test_one_leaser_gets_the_free_items_in_their_exact_order(backlog: Backlog) -> None:
    low, high, middle = [await backlog.add(priority=priority) for priority in (-5, 7, 0)]
    older = [await backlog.add() for _ in range(3)]
    first = await backlog.add(priority=9)
    waiting = await backlog.add([first], priority=1000)
    await backlog.add(status="blocked", reason="No access.", priority=1000)
    await backlog.add(status="done", priority=1000)

    assert await taken(backlog) == [first, high, middle, *older, low]
    await backlog.complete(first, 1)
    assert await taken(backlog) == [waiting]
    assert await wrong(backlog.db) == []


async def test_a_phase_has_an_order_of_its_own(backlog: Backlog) -> None:
    ids = [await backlog.add(phase=phase, priority=priority) for phase, priority in (("a", 1), ("b", 9), ("a", 5))]

    assert await taken(backlog, phase="a") == [ids[2], ids[0]]
    assert await backlog.lease(phase="none") is None
    assert await taken(backlog) == [ids[1]]


async def test_an_expired_lease_is_free_in_the_same_order_and_has_another_fence(backlog: Backlog) -> None:
    better, middle = await backlog.add(priority=5), await backlog.add(priority=3)
    first = await backlog.lease("crashed", seconds=1)
    worse = await backlog.add(priority=1)
    assert first is not None and first.id == better
    await elapse.elapse(
        backlog.db,
        "work_items",
        timedelta(seconds=5),
        columns=["leased_at", "leased_until"],
        where="leased_until is not null",
    )

    picked = [await backlog.lease(f"worker {number}") for number in range(3)]

    assert [(each.id, each.attempts) for each in picked if each] == [(better, 2), (middle, 1), (worse, 1)]
    history = await backlog.db.fetch(
        "select move, from_status, to_status, by, detail from history where thing_id = $1 order by number", better
    )
    assert [tuple(row)[:4] for row in history] == [
        ("created", None, "ready", BY),
        ("leased", "ready", "claimed", BY),
        ("expired", "claimed", "ready", {}),
        ("leased", "ready", "claimed", BY),
    ]
    assert history[2]["detail"] == {"attempts": 1, "holder": {"agent": "crashed"}}
    await counts(backlog.db)


async def test_an_expired_lease_of_an_item_that_waits_by_now_is_not_free(backlog: Backlog) -> None:
    other = await backlog.add(status="blocked", reason="Not yet.")
    id = await backlog.add()
    await backlog.lease(seconds=1)
    assert await backlog.link(id, other)
    await elapse.elapse(
        backlog.db,
        "work_items",
        timedelta(seconds=5),
        columns=["leased_at", "leased_until"],
        where="leased_until is not null",
    )

    assert await backlog.lease() is None
    assert [found for _, found in await work_items.expired(backlog.db, backlog.organization_id, limit=9)] == [id]


async def test_what_others_have_locked_is_passed_over(backlog: Backlog, dsn: str) -> None:
    best, second = await backlog.add(priority=2), await backlog.add(priority=1)
    for rows in ("things", "work_items"):
        async with held(dsn, f"select from {rows} where id = $1 for update", best):
            picked = await backlog.lease()
            assert picked is not None and picked.id == second
        await backlog.move(second, life.released, picked.attempts, None, BY)


async def many_leasers_get_each_item_once(backlog: Backlog, other: Database) -> None:
    """Leasers of two replicas together get each item once, and each of them in the order of what was free."""
    items = [await backlog.add(priority=number % 5) for number in range(5 * LEASERS)]
    replicas = [backlog, Backlog(db=other, tenant=backlog.tenant)]

    got = await asyncio.gather(*(taken(replicas[number % 2], owner=f"w{number}") for number in range(LEASERS)))

    every = [id for each in got for id in each]
    assert sorted(every) == sorted(items)
    for each in got:
        priorities = [items.index(id) % 5 for id in each]
        assert priorities == sorted(priorities, reverse=True)
    rows = await backlog.db.fetch("select attempts from work_items")
    assert [row["attempts"] for row in rows] == [1] * len(items)
    await counts(backlog.db)


async def test_many_leasers_get_each_item_once(backlog: Backlog, other: Database) -> None:
    await many_leasers_get_each_item_once(backlog, other)


async def test_an_item_with_cards_is_picked_and_nothing_is_written(backlog: Backlog) -> None:
    id = await backlog.add(to=[{"channel": "C0WORK"}])

    picked = await backlog.lease()

    assert picked is not None
    assert (picked.id, picked.has_cards, picked.attempts) == (id, True, None)
    found = await backlog.found(id)
    assert (found.row.status, found.row.attempts, found.thing.moves) == ("ready", 0, 1)


async def test_a_key_is_kept_with_the_lease_and_leases_once(backlog: Backlog) -> None:
    request = Request(key="lease-1", hash=b"hash")
    first, _ = await backlog.add(), await backlog.add()

    assert await backlog.lease(request=request)
    with pytest.raises(RequestTaken):
        await backlog.lease(request=request)

    kept = await things.kept_request(backlog.db, backlog.organization_id, "lease-1")
    assert kept is not None and kept.thing_id == first
    assert len(await taken(backlog)) == 1, "the second request took nothing"


async def _slowly(backlog: Backlog, owner: str, seconds: int) -> UUID:
    """Lease the next item in a transaction, as one with cards is leased."""

    async def work(runs: Runs) -> UUID:
        connection = await things.lock_connection(runs, backlog.tenant.scope)
        picked = await work_items.pick(runs, backlog.organization_id, phase=None)
        assert picked is not None
        locked = await transactions.lock(runs, NOUN, backlog.organization_id, picked.id)
        assert locked is not None
        decision = life.leased(locked, {"agent": owner}, seconds, BY)
        assert decision is not None
        await transactions.write(runs, NOUN, locked.thing, connection, decision, now=locked.now)
        return picked.id

    return await backlog.db.transact_within(work, seconds=20)


async def _written(backlog: Backlog, id: UUID) -> list[dict[str, Any]]:
    """All rows of an item, without ids and with times as they follow each other."""
    queries = (
        "select to_jsonb(things) - 'id' as row from things where id = $1",
        "select to_jsonb(work_items) - 'id' as row from work_items where id = $1",
        "select to_jsonb(history) - 'id' - 'thing_id' as row from history where thing_id = $1 order by number",
        "select to_jsonb(events) - 'id' - 'thing_id' as row from events where thing_id = $1 order by at, type",
        "select to_jsonb(interactions) as row from interactions where thing_id = $1",
    )
    rows = [row["row"] for query in queries for row in await backlog.db.fetch(query, id)]
    length = "select extract(epoch from leased_until - leased_at)::float8 as seconds from work_items where id = $1"
    return [{name: _shape(name, value) for name, value in row.items()} for row in rows] + [
        dict(row) for row in await backlog.db.fetch(length, id)
    ]


def _shape(name: str, value: Any) -> Any:
    """The value; of a moment only that there is one."""
    if isinstance(value, dict):
        return {inner: _shape(inner, each) for inner, each in value.items()}
    is_moment = name in ("at", "position") or name.endswith(("_at", "_until"))
    return value is not None if is_moment else value


@pytest.mark.parametrize("has_expired", [False, True])
@pytest.mark.parametrize("person", [False, True])
async def test_one_statement_writes_what_the_move_of_the_life_writes(
    backlog: Backlog, *, has_expired: bool, person: bool
) -> None:
    fast, slow = await backlog.add(priority=2), await backlog.add(priority=1)
    if has_expired:
        holder = {"user": "U0ANA", "name": "ana"} if person else {"agent": "before"}
        for id in (fast, slow):
            await backlog.move(id, life.leased, holder, 5, BY)
        await elapse.elapse(backlog.db, "work_items", timedelta(seconds=9), columns=["leased_at", "leased_until"])

    picked = await backlog.lease("worker", seconds=77)
    assert picked is not None and picked.id == fast
    assert await _slowly(backlog, "worker", 77) == slow

    await backlog.db.fetch("update work_items set priority = 0")
    assert await _written(backlog, fast) == await _written(backlog, slow)


async def lease_by_two_statements(
    db: Runs, organization_id: UUID, *, owner: str, seconds: int, phase: str | None, **_: Any
) -> work_items.Picked | None:
    """A wrong lease: look for the best item, then take it."""
    rows = await db.fetch(
        "select id, connection_id from work_items join things using (organization_id, id)"
        " where organization_id = $1 and status = 'ready' and unmet = 0 and $2::text is null"
        " order by priority desc, work_items.created_at, id limit 1",
        organization_id,
        phase,
    )
    if not rows:
        return None
    row = rows[0]
    [updated] = await db.fetch(
        "update work_items set status = 'leased', attempts = attempts + 1, holder_agent = $2, leased_at = now(),"
        " leased_until = now() + make_interval(secs => $3), lease_end = null where id = $1 returning attempts",
        row["id"],
        owner,
        float(seconds),
    )
    return work_items.Picked(**row, has_cards=False, has_expired=False, attempts=updated["attempts"])


async def test_a_lease_in_two_statements_is_found_out(
    backlog: Backlog, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_items, "lease", lease_by_two_statements)

    with pytest.raises(AssertionError):
        await many_leasers_get_each_item_once(backlog, other)
