"""How many items an item waits for: the count agrees with the truth, whatever makes and meets dependencies at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from bridge.things.work import NOUN, life
from storage import retention, things, work_items
from storage.model import Json
from storage.pool import Database
from tests.bridge.things.steps import held, mutated
from tests.storage.build import Tenant
from tests.storage.faults import admin, until_waiting
from tests.storage.work_checks import BY, Backlog, counts

Check = Callable[[Backlog, Backlog, str], Awaitable[None]]
ROUNDS, TASKS = 4, 24
CARDS: list[Json] = [{"channel": "C0OPS"}]


@pytest.fixture
def backlog(db: Database, tenant: Tenant) -> Backlog:
    return Backlog(db=db, tenant=tenant)


async def dependencies_are_counted_down(backlog: Backlog, _: Backlog, __: str) -> None:
    """An item is free once all that it depends on is done; what was met stays met when it is forgotten."""
    first, second = await backlog.add(), await backlog.add(status="done")
    id, quiet = [await backlog.add([first, second], to=to) for to in (CARDS, None)]
    assert (await backlog.found(id)).row.unmet == 1
    assert [each["is_met"] for each in (await backlog.found(id)).row.dependencies] == [False, True]

    await backlog.move(first, life.blocked, None, "No access.", BY)
    assert (await backlog.found(id)).row.unmet == 1
    await backlog.complete(first)

    found = await backlog.found(id)
    assert (found.row.unmet, found.row.is_leasable, found.row.refresh_at is None) == (0, True, False)
    assert (await backlog.found(quiet)).row.refresh_at is None, "it has no cards to draw"
    assert found.thing.moves == 1, "nothing happened to the item itself"
    await retention.delete_things(backlog.db, [(backlog.organization_id, each) for each in (first, second)])
    found = await backlog.found(id)
    assert (found.row.unmet, [each["is_met"] for each in found.row.dependencies]) == (0, [True, True])
    assert await backlog.unlink(id, first) and not await backlog.unlink(id, first)
    await counts(backlog.db)


async def links_count_what_is_not_done(backlog: Backlog, _: Backlog, __: str) -> None:
    """A link to what is done counts nothing, a repeated one neither, and an unlink takes back what it counted."""
    done, undone, id = await backlog.add(status="done"), await backlog.add(), await backlog.add()

    assert [await backlog.link(id, other) for other in (done, undone, undone)] == [True, True, False]
    assert (await backlog.found(id)).row.unmet == 1
    assert [await backlog.unlink(id, other) for other in (done, undone, undone)] == [True, True, False]
    assert (await backlog.found(id)).row.unmet == 0
    await counts(backlog.db)


async def no_cycle_is_made(backlog: Backlog, other: Backlog, dsn: str) -> None:
    """Of two links that would make a cycle together, one is made, also at the same moment."""
    first, second, third = [await backlog.add() for _ in range(3)]
    assert await backlog.link(second, third)
    async with held(dsn, "select from work_items where id = any ($1::uuid[]) for update", [first, third]) as holder:
        linking = [
            asyncio.create_task(backlog.link(first, second)),
            asyncio.create_task(other.link(third, first)),
        ]
        await until_waiting(holder, number=2)
    done = await asyncio.gather(*linking)

    assert sorted(done, key=str) == [None, True]
    assert await backlog.link(first, first) is None
    await counts(backlog.db)


async def a_link_and_the_end_of_what_it_names_come_together(backlog: Backlog, other: Backlog, dsn: str) -> None:
    """An item that is linked to one which is done at the same moment waits for nothing, whichever begins."""
    for link_begins in (True, False):
        id, ends = await backlog.add(), await backlog.add()
        begun, go = asyncio.Event(), asyncio.Event()

        async def pause(begun: asyncio.Event = begun, go: asyncio.Event = go) -> None:
            begun.set()
            await go.wait()

        link, complete = backlog.link, other.complete
        first = asyncio.create_task(link(id, ends, pause=pause) if link_begins else complete(ends, pause=pause))
        await begun.wait()
        second = asyncio.create_task(complete(ends) if link_begins else link(id, ends))
        async with admin(dsn) as operator:
            waits = asyncio.create_task(until_waiting(operator))
            await asyncio.wait({second, waits}, return_when=asyncio.FIRST_COMPLETED)
            waits.cancel()
        go.set()
        await asyncio.gather(first, second)
        assert (await backlog.found(id)).row.unmet == 0
        await counts(backlog.db)


async def all_at_once(backlog: Backlog, other: Backlog, __: str) -> None:
    """Items are added, linked, unlinked, leased and completed at once, on two replicas."""
    chance = random.Random(18)
    items = [await backlog.add(priority=number % 3) for number in range(10)]

    async def once(replica: Backlog, deed: int) -> None:
        id, of = chance.sample(items, 2)
        match deed:
            case 0:
                items.append(await replica.add([id, of]))
            case 1 | 2:
                await replica.link(id, of)
            case 3:
                await replica.unlink(id, of)
            case 4:
                if picked := await replica.lease():
                    await replica.complete(picked.id, picked.attempts)
            case 5:
                if (await replica.found(id)).row.holder_agent is None:
                    await replica.complete(id)

    for _ in range(ROUNDS):
        deeds = [once(chance.choice((backlog, other)), chance.randrange(6)) for _ in range(TASKS)]
        done = await asyncio.gather(*deeds, return_exceptions=True)
        failed = [each for each in done if isinstance(each, BaseException) and not isinstance(each, AssertionError)]
        assert not failed, failed[:3]
        await counts(backlog.db)


CHECKS: dict[str, Check] = {
    "counted down": dependencies_are_counted_down,
    "links": links_count_what_is_not_done,
    "no cycle": no_cycle_is_made,
    "link and end": a_link_and_the_end_of_what_it_names_come_together,
    "all at once": all_at_once,
}


@pytest.mark.parametrize("check", CHECKS)
async def test_counts_pass(check: str, backlog: Backlog, other: Database, dsn: str) -> None:
    await CHECKS[check](backlog, Backlog(db=other, tenant=backlog.tenant), dsn)


def without_the_lock(patch: pytest.MonkeyPatch) -> None:
    """Dependencies change without the work lock."""

    async def nothing(*_: object) -> None:
        return None

    patch.setattr(things, "lock_name", nothing)


def statement(name: str, *changes: tuple[str, str]) -> Callable[[pytest.MonkeyPatch], None]:
    """A statement of work items with its text changed."""

    def change(patch: pytest.MonkeyPatch) -> None:
        wrong = mutated("work_items", name, *changes)
        patch.setitem(NOUN.table.sql if name == "apply" else work_items._SQL, name, wrong)  # noqa: SLF001

    return change


MUTANTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "linked without the lock, by a link": (without_the_lock, "no cycle"),
    "linked without the lock, by an end": (without_the_lock, "link and end"),
    "not counted down": (
        statement("apply", ("unmet = work_items.unmet - 1", "unmet = work_items.unmet")),
        "counted down",
    ),
    "counted down by every move": (statement("apply", ("and $status = 'done'", "and $status <> ''")), "counted down"),
    "met without its mark": (statement("apply", ("set is_met = true", "set is_met = false")), "counted down"),
    "cards not drawn anew": (statement("apply", ("when work_items.has_cards", "when false")), "counted down"),
    "what has no cards drawn anew": (statement("apply", ("work_items.has_cards and", "")), "counted down"),
    "a link that counts what is done": (statement("link", ("(not linked.is_met)::int", "1")), "links"),
    "an unlink that does not count": (statement("unlink", ("- gone.unmet", "- 0")), "links"),
    "no look for cycles": (
        statement("reaches", ("reached.id = $id", "reached.id <> reached.id and reached.id = $id")),
        "no cycle",
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
async def test_each_wrong_way_is_found_out(
    mutant: str, backlog: Backlog, other: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, check = MUTANTS[mutant]
    change(monkeypatch)

    with pytest.raises((AssertionError, asyncpg.CheckViolationError)):
        await asyncio.wait_for(CHECKS[check](backlog, Backlog(db=other, tenant=backlog.tenant), dsn), 20)
