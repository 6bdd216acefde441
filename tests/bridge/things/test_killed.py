"""Backends that are terminated at every step of a change of a thing, before and after each lock and after its commit.

Afterwards row, rounds, cards, history and events agree, and the same request brings about the same.
"""

from typing import Any
from uuid import UUID

from bridge import ids
from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.recovery import NOUN
from storage import connections, errors, things
from storage.model import Verdict
from storage.pool import Database
from storage.things import Request
from tests.bridge.things import recoveries, thing_checks
from tests.bridge.things.agreement import agree
from tests.bridge.things.killing import dies_everywhere
from tests.bridge.things.reporting import Agent
from tests.bridge.things.steps import Stepped
from tests.storage import build
from tests.storage.build import Tenant


async def test_a_click_is_whole_and_told_again(db: Database, dsn: str) -> None:
    points = await thing_checks.dies_at_every_point_of_a_click(db, dsn)

    assert [point.split(" ", 1)[0] for point in points] == ["before", "after"] * 4 + ["after"]
    assert points[-1] == "after the commit"


async def test_a_refused_submission_is_told_again_with_its_reason(db: Database, tenant: Tenant, dsn: str) -> None:
    given = {"blocker": {"id": NOUN.public_id(ids.new())}}

    async def prepare(number: int) -> tuple[UUID, Any]:
        thing = (await recoveries.opened(db, tenant, recoveries.report_of(f"job-{number}"))).after.thing
        round_id = await recoveries.round_of(db, tenant, thing.id)
        return thing.id, recoveries.click(tenant, round_id, "blocked", given=given)

    async def act(dying: Database, state: tuple[UUID, Any]) -> None:
        await transactions.claim(dying, NOUN, *state, seconds=20)

    async def again(state: tuple[UUID, Any]) -> None:
        first, second = [await transactions.claim(db, NOUN, *state, seconds=20) for _ in range(2)]
        assert (first.claimed.verdict, second.claimed.verdict) == (Verdict.REFUSED, Verdict.REFUSED)
        assert first.claimed.refusal and second.claimed.refusal == first.claimed.refusal

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert len(points) >= 9  # the blocker is locked too


async def test_a_report_with_a_key_counts_once(db: Database, tenant: Tenant, dsn: str) -> None:
    """The first one, which opens the recovery, and a later one, which ends its round."""
    agent = Agent(db=db, tenant=tenant)
    organization_id = tenant.scope.organization_id

    async def prepare(number: int) -> tuple[str, Request]:
        source = f"job-{number}"
        if number % 2:
            await agent.report(source)
        return source, Request(key=source, hash=b"same")

    async def act(dying: Database, state: tuple[str, Request]) -> None:
        await agent.by(dying).report(state[0], request=state[1], cause="out of memory")

    async def again(state: tuple[str, Request]) -> None:
        source, request = state
        if await things.kept_request(db, organization_id, request.key) is None:
            await agent.report(source, request=request, cause="out of memory")
        (row,) = await db.fetch("select attempt_count, cause from recoveries where source_id = $1", source)
        assert tuple(row) == (1 + int(source[-1]) % 2, "out of memory")

    for shift in (0, 1):
        points = await dies_everywhere(db, dsn, lambda number, by=shift: prepare(2 * number + by), act, again)  # type: ignore[misc]

        assert len(points) >= 11


async def test_an_end_unblocks_once(db: Database, tenant: Tenant, dsn: str) -> None:
    agent = Agent(db=db, tenant=tenant)

    async def prepare(number: int) -> tuple[UUID, UUID]:
        blocker = (await agent.report(f"blocker-{number}")).settled.after.thing.id
        blocked = (await agent.report(f"blocked-{number}")).settled.after.thing.id
        await agent.resolve(blocked, outcome="blocked", blocker={"id": NOUN.public_id(blocker)})
        return blocker, blocked

    async def act(dying: Database, state: tuple[UUID, UUID]) -> None:
        await agent.by(dying).resolve(state[0])

    async def again(state: tuple[UUID, UUID]) -> None:
        for _ in range(2):
            await agent.resolve(state[0])
        told = await db.fetch("select from events where type = 'recovery.unblocked' and thing_id = $1", state[1])
        assert len(told) == 1

    assert len(await dies_everywhere(db, dsn, prepare, act, again)) >= 7


async def test_time_escalates_once(db: Database, tenant: Tenant, dsn: str) -> None:
    async def prepare(number: int) -> UUID:
        report = recoveries.report_of(f"job-{number}", timeout_at="2020-01-01T00:00:00Z")
        return (await recoveries.opened(db, tenant, report)).after.thing.id

    async def act(dying: Database, _: UUID) -> None:
        await Things(db=dying, notifier=Notifier()).step()

    async def again(id: UUID) -> None:
        await Things(db=db, notifier=Notifier()).step()
        moves = await db.fetch("select move from history where thing_id = $1 order by number", id)
        assert [row["move"] for row in moves] == ["opened", "escalated"]

    assert len(await dies_everywhere(db, dsn, prepare, act, again)) >= 7


async def test_a_missing_round_is_opened_once(db: Database, dsn: str) -> None:
    points: list[str] = []
    while True:  # not by `dies_everywhere`: until the next pass the round is missing
        tenant = await build.tenant(db)
        thing = (await recoveries.opened(db, tenant)).after.thing
        organization_id, id = thing.organization_id, thing.connection_id
        await connections.disable(db, organization_id=organization_id, id=id, new_id=ids.new)
        await connections.enable(db, organization_id=organization_id, id=id)
        dying = Stepped(db, kill_at=len(points), dsn=dsn)
        try:
            await Things(db=dying, notifier=Notifier()).open_missing_rounds()
        except errors.Unavailable:
            assert dying.killed_at
        await Things(db=db, notifier=Notifier()).open_missing_rounds()

        rounds = await db.fetch("select status from interactions where thing_id = $1 order by id", thing.id)
        assert [row["status"] for row in rounds] == ["cancelled", "pending"], dying.killed_at
        await agree(db)
        if not dying.killed_at:
            break
        points.append(dying.killed_at)
    assert len(points) >= 7
