"""Backends that are terminated at every step of a change of fixes: all of it is there afterwards, or nothing."""

import contextlib
from uuid import UUID

from bridge.loops.things import Things
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.fix import NOUN
from storage.interactions import ClaimRequest
from storage.model import Verdict
from storage.pool import Database
from storage.things import Request, RequestTaken
from tests.bridge.things.fix.agents import Proposer, click, clicked
from tests.bridge.things.killing import dies_everywhere
from tests.storage.build import Tenant


async def test_a_proposal_supersedes_and_opens_or_does_neither(db: Database, tenant: Tenant, dsn: str) -> None:
    agent = Proposer(db=db, tenant=tenant)

    async def prepare(number: int) -> tuple[str, Request]:
        await agent.propose(session := f"alert-{number}")
        return session, Request(key=f"key-{number}", hash=b"x")

    async def act(dying: Database, state: tuple[str, Request]) -> None:
        await Proposer(db=dying, tenant=tenant).propose(state[0], request=state[1])

    async def again(state: tuple[str, Request]) -> None:
        with contextlib.suppress(RequestTaken):  # it was committed, and the handler returns what it did
            await act(db, state)
        rows = await db.fetch("select superseded_at is null as is_active from fixes where session = $1", state[0])
        assert sorted(row["is_active"] for row in rows) == [False, True]

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert len(points) >= 15 and points[-1] == "after the commit"


async def test_a_decision_is_whole_and_told_again(db: Database, tenant: Tenant, dsn: str) -> None:
    agent = Proposer(db=db, tenant=tenant)

    async def prepare(number: int) -> tuple[UUID, ClaimRequest]:
        thing = await agent.propose(f"alert-{number}")
        return thing.id, await click(db, tenant, thing.id, "apply")

    async def act(dying: Database, state: tuple[UUID, ClaimRequest]) -> None:
        await transactions.claim(dying, NOUN, *state, seconds=20)

    async def again(state: tuple[UUID, ClaimRequest]) -> None:
        first, second = [await transactions.claim(db, NOUN, *state, seconds=20) for _ in range(2)]
        assert (first.claimed.verdict, second.claimed.verdict) == (Verdict.WON, Verdict.WON)

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert points[-1] == "after the commit"


async def test_an_outcome_of_an_agent_is_whole(db: Database, tenant: Tenant, dsn: str) -> None:
    agent = Proposer(db=db, tenant=tenant)

    async def prepare(number: int) -> UUID:
        return (await agent.propose(f"alert-{number}")).id

    async def act(dying: Database, id: UUID) -> None:
        await Proposer(db=dying, tenant=tenant).judge(id, "applied_pending", reason="The run.")

    async def again(id: UUID) -> None:
        await act(db, id)
        moves = await db.fetch("select move from history where thing_id = $1 order by number", id)
        assert [row["move"] for row in moves] == ["proposed", "outcome"]

    await dies_everywhere(db, dsn, prepare, act, again)


async def test_a_reminder_is_written_once_wherever_its_replica_dies(db: Database, tenant: Tenant, dsn: str) -> None:
    agent = Proposer(db=db, tenant=tenant)

    async def prepare(number: int) -> UUID:
        thing = await agent.propose(f"alert-{number}")
        await clicked(db, tenant, thing.id, "apply")
        await db.fetch("update fixes set due_at = clock_timestamp() where id = $1", thing.id)
        return thing.id

    async def act(dying: Database, _: UUID) -> None:
        await Things(db=dying, notifier=Notifier()).step()

    async def again(id: UUID) -> None:
        await Things(db=db, notifier=Notifier()).step()
        assert len(await db.fetch("select from notes where thing_id = $1", id)) == 1

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert points[-1] == "after the commit"
