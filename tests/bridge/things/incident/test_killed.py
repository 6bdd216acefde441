"""Backends that are terminated at every step of what only incidents have: updates with their notes, runs, and reuse.

Afterwards row, updates, notes, rounds, cards, history and events agree, and the same request brings about the same.
"""

from uuid import UUID

import pytest

from bridge.things import transactions
from bridge.things.incident import NOUN
from storage import things
from storage.interactions import ClaimRequest
from storage.model import Verdict
from storage.pool import Database
from storage.things import Request
from tests.bridge.things.incident import clicking
from tests.bridge.things.incident.agents import Opener
from tests.bridge.things.killing import dies_everywhere
from tests.storage.build import Tenant

WORDS = "It is the pool."


async def said(db: Database, id: UUID) -> tuple[int, int, int]:
    """How many updates, notes and transitions an incident has."""
    rows = await db.fetch(
        """
        select
            (select count(*) from incident_updates where incident_id = $1) as updates,
            (select count(*) from notes where thing_id = $1) as notes,
            (select count(*) from history where thing_id = $1 and number > 1) as transitions
        """,
        id,
    )
    return tuple(rows[0])


@pytest.mark.parametrize(
    ("choice", "verdict", "transitions"), [("resolved", Verdict.WON, 1), ("update", Verdict.ADDED, 0)]
)
async def test_what_a_person_said_is_whole_and_told_again(
    db: Database, tenant: Tenant, dsn: str, choice: str, verdict: Verdict, transitions: int
) -> None:
    agent = Opener(db=db, tenant=tenant)

    async def prepare(_: int) -> tuple[UUID, ClaimRequest]:
        id = (await agent.create(dedupe=False)).settled.after.thing.id
        round_id = await clicking.round_of(db, tenant, id)
        assert round_id is not None
        return id, clicking.click(tenant, round_id, choice, message=WORDS)

    async def act(dying: Database, state: tuple[UUID, ClaimRequest]) -> None:
        await transactions.claim(dying, NOUN, *state, seconds=20)

    async def again(state: tuple[UUID, ClaimRequest]) -> None:
        first, second = [(await transactions.claim(db, NOUN, *state, seconds=20)).claimed for _ in range(2)]
        assert (first.verdict, second.verdict, second.repeats) == (verdict, verdict, first.repeats + 1)
        assert await said(db, state[0]) == (1, 1, transitions)

    points = await dies_everywhere(db, dsn, prepare, act, again)

    assert [point.split(" ", 1)[0] for point in points] == ["before", "after"] * 4 + ["after"]


@pytest.mark.parametrize(("status", "transitions"), [(None, 0), ("fixing", 1)])
async def test_an_update_with_a_key_is_there_once(
    db: Database, tenant: Tenant, dsn: str, status: str | None, transitions: int
) -> None:
    agent = Opener(db=db, tenant=tenant)

    async def prepare(number: int) -> tuple[UUID, Request]:
        id = (await agent.create(dedupe=False)).settled.after.thing.id
        return id, Request(key=f"key-{number}", hash=b"same")

    async def act(dying: Database, state: tuple[UUID, Request]) -> None:
        await agent.of(db=dying, run=None).update(state[0], WORDS, status=status, request=state[1])

    async def again(state: tuple[UUID, Request]) -> None:
        id, request = state
        kept = await things.kept_request(db, tenant.scope.organization_id, request.key)
        assert await said(db, id) == ((1, 1, transitions) if kept else (0, 0, 0))
        if not kept:
            await act(db, state)
        assert await said(db, id) == (1, 1, transitions)

    assert len(await dies_everywhere(db, dsn, prepare, act, again)) >= 7


@pytest.mark.parametrize("is_reused", [False, True])
async def test_a_deduped_create_with_a_key_has_its_run_or_nothing(
    db: Database, tenant: Tenant, dsn: str, *, is_reused: bool
) -> None:
    agent = Opener(db=db, tenant=tenant)

    async def prepare(number: int) -> Request:
        if is_reused:
            await agent.create(systems=[f"system-{number}"])
        return Request(key=f"system-{number}", hash=b"same")

    async def act(dying: Database, request: Request) -> None:
        await agent.of(db=dying, run=request.key).create(systems=[request.key], request=request)

    async def again(request: Request) -> None:
        kept = await things.kept_request(db, tenant.scope.organization_id, request.key)
        there = await db.fetch("select id from incidents where systems = array[$1]", request.key)
        linked = await db.fetch("select incident_id as id from incident_runs where run = $1", request.key)
        assert (len(there), len(linked)) == (is_reused or kept is not None, kept is not None)
        if not kept:
            await act(db, request)
        assert len(await db.fetch("select from incidents where systems = array[$1]", request.key)) == 1
        (link,) = await db.fetch("select incident_id from incident_runs where run = $1", request.key)
        kept = await things.kept_request(db, tenant.scope.organization_id, request.key)
        assert kept is not None and (kept.thing_id, kept.made_id is None) == (link["incident_id"], is_reused)

    assert len(await dies_everywhere(db, dsn, prepare, act, again)) >= 13
