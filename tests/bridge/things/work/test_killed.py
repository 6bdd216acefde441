"""Backends that are terminated at every step of a change of work items: all of it is there afterwards, or nothing."""

from uuid import UUID

from bridge.loops.things import Things
from bridge.notifier import Notifier
from storage.interactions import ClaimRequest
from storage.model import Verdict
from storage.pool import Database
from tests.bridge.things.killing import dies_everywhere
from tests.bridge.things.work.items import Backlog
from tests.storage.build import Tenant


async def test_to_take_it_is_whole_and_told_again(db: Database, tenant: Tenant, dsn: str) -> None:
    backlog = Backlog(db=db, tenant=tenant)

    async def prepare(_: int) -> tuple[UUID, ClaimRequest]:
        id = (await backlog.add()).id
        return id, await backlog.click(id, "take")

    async def act(dying: Database, state: tuple[UUID, ClaimRequest]) -> None:
        await backlog.claim(*state, db=dying)

    async def again(state: tuple[UUID, ClaimRequest]) -> None:
        first, second = [await backlog.claim(*state) for _ in range(2)]
        assert (first.claimed.verdict, second.claimed.verdict) == (Verdict.WON, Verdict.WON)
        assert (await backlog.row(state[0])).attempts == 1

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert points[-1] == "after the commit"


async def test_what_is_finished_meets_all_who_wait_or_none(db: Database, tenant: Tenant, dsn: str) -> None:
    backlog = Backlog(db=db, tenant=tenant)

    async def prepare(_: int) -> tuple[UUID, ClaimRequest, list[UUID]]:
        id = (await backlog.add()).id
        waiting = [(await backlog.add(id, to=[])).id for _ in range(3)]
        await backlog.clicked(id, "take")
        return id, await backlog.click(id, "done", given={"result": "All in."}), waiting

    async def act(dying: Database, state: tuple[UUID, ClaimRequest, list[UUID]]) -> None:
        await backlog.claim(*state[:2], db=dying)

    async def again(state: tuple[UUID, ClaimRequest, list[UUID]]) -> None:
        assert (await backlog.claim(*state[:2])).claimed.verdict is Verdict.WON
        assert [(await backlog.row(each)).unmet for each in state[2]] == [0, 0, 0]

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert points[-1] == "after the commit"


async def test_an_item_is_added_with_all_its_dependencies_or_not(db: Database, tenant: Tenant, dsn: str) -> None:
    backlog = Backlog(db=db, tenant=tenant)

    async def prepare(number: int) -> tuple[str, UUID, UUID]:
        finished, waits = (await backlog.add(to=[])).id, (await backlog.add(to=[])).id
        await backlog.complete(finished)
        return f"item-{number}", finished, waits

    async def act(dying: Database, state: tuple[str, UUID, UUID]) -> None:
        await Backlog(db=dying, tenant=tenant).add(*state[1:], id=state[0])

    async def again(state: tuple[str, UUID, UUID]) -> None:
        found = await db.fetch("select id from work_items where name = $1", state[0])
        assert len(found) <= 1
        if found:
            row = await backlog.row(found[0]["id"])
            assert row.unmet == 1 and sorted(each["is_met"] for each in row.dependencies) == [False, True]

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert points[-1] == "after the commit"


async def test_time_ends_a_lease_once_wherever_its_replica_dies(db: Database, tenant: Tenant, dsn: str) -> None:
    backlog = Backlog(db=db, tenant=tenant)

    async def prepare(_: int) -> UUID:
        id = (await backlog.add()).id
        await backlog.lease(id)
        await backlog.let_expire(id)
        return id

    async def act(dying: Database, _: UUID) -> None:
        await Things(db=dying, notifier=Notifier()).step()

    async def again(id: UUID) -> None:
        await Things(db=db, notifier=Notifier()).step()
        assert await backlog.history(id) == ["created", "leased", "expired"]

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert points[-1] == "after the commit"
