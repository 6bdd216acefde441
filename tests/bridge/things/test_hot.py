"""A thing that many click or report at once delays neither its own clicks for long, nor clicks on questions."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from bridge.slack.claims import Claims, ClaimValues, ClickOutcome
from bridge.slack.connections import Installations
from bridge.slack.payloads.incoming import Click
from bridge.slack.people import People
from bridge.things.recovery import life
from storage import pool
from storage.model import Intent, Verdict
from storage.pool import TRY_SECONDS, Database
from tests.bridge import building
from tests.bridge.things import recoveries
from tests.bridge.things.reporting import Agent
from tests.bridge.things.steps import held, waiting
from tests.storage import build
from tests.storage.build import Tenant
from tests.waiting import pause, until

REPORTS_PER_SECOND = 10


@pytest.fixture
async def clicks_pool(dsn: str) -> AsyncIterator[Database]:
    """A pool for clicks as a replica has it."""
    size = building.settings().claim_connections
    async with pool.connect(dsn, name="claims", size=size, warm=size, seconds=TRY_SECONDS) as database:
        yield database


def click(
    tenant: Tenant, interaction: UUID, choice: str, user: str = "U0ANA", thing: tuple[str, UUID] | None = None
) -> Click:
    """A click of a person of the workspace, as it was read from its payload."""
    connection = tenant.connection
    fields: dict[str, Any] = {"user_name": "ana", "user_team": connection.home_teams[0]}
    return Click(
        app_id=connection.app_id,
        enterprise_id=None,
        team_id=connection.team_id,
        is_enterprise_install=False,
        user_id=user,
        claim_id=build.envelope(),
        channel="C0APPROVALS",
        ts="1.1",
        thread_ts=None,
        is_ephemeral=False,
        interaction=interaction,
        choice=choice,
        thing=thing,
        opens=False,
        response_url=None,
        **fields,
    )


async def held_clicks(claims: Claims, clicks_pool: Database, db: Database, tenant: Tenant, dsn: str) -> ClickOutcome:
    """Four clicks wait for one hot thing; returns the outcome of a click on a question meanwhile, in its first try."""
    thing = (await recoveries.opened(db, tenant)).after.thing
    round_id = await recoveries.round_of(db, tenant, thing.id)
    question = await build.question(db, tenant)
    answer = ClaimValues(intent=Intent.ANSWER)
    async with held(dsn, "select from things where id = $1 for update", thing.id) as holder:
        hot = [
            asyncio.create_task(claims.decide(click(tenant, round_id, "restored", f"U{number}"), answer))
            for number in range(4)
        ]

        async def all_wait() -> bool:
            return await waiting(holder) >= min(4, clicks_pool.max_size // 2)

        await until(all_wait)
        await pause(0.05)  # the others wait for their turn, or for the thing
        plain = asyncio.create_task(claims.decide(click(tenant, question.id, "approve"), answer))
        await asyncio.wait({plain}, timeout=0.6 * TRY_SECONDS)
        in_time, still_held = plain.done(), not any(task.done() for task in hot)
    outcome = await plain
    await asyncio.gather(*hot)
    assert still_held
    assert in_time, "it waited for a connection that a click on the thing holds"
    return outcome


async def test_four_clicks_held_on_one_thing_do_not_delay_a_click_on_a_question(
    db: Database, clicks_pool: Database, tenant: Tenant, dsn: str
) -> None:
    claims = Claims(claims=clicks_pool, people=People(Installations()))

    outcome = await held_clicks(claims, clicks_pool, db, tenant, dsn)

    assert outcome.claimed.verdict is Verdict.WON


async def test_clicks_on_things_that_may_use_every_connection_would_be_found_out(
    db: Database, clicks_pool: Database, tenant: Tenant, dsn: str
) -> None:
    claims = Claims(claims=clicks_pool, people=People(Installations()))
    claims._for_rounds = asyncio.Semaphore(100)  # noqa: SLF001  -- the wrong variant

    with pytest.raises(AssertionError, match="waited for a connection"):
        await held_clicks(claims, clicks_pool, db, tenant, dsn)


async def tries_until_it_is_resolved(db: Database, other: Database, tenant: Tenant, *, most: int = 3) -> int:
    """How often a person must click while reports of one failure come 10 a second from two replicas.

    The person clicks a third of a second after looking at the card.
    """
    agents = [Agent(db=each, tenant=tenant) for each in (db, other)]
    thing = (await agents[0].report()).settled.after.thing
    is_over = asyncio.Event()

    async def reports(agent: Agent) -> None:
        while not is_over.is_set():
            await agent.report()
            await pause(2 / REPORTS_PER_SECOND)

    reporting = [asyncio.create_task(reports(agent)) for agent in agents]
    try:
        for number in range(1, most + 1):
            request = recoveries.click(tenant, await recoveries.round_of(db, tenant, thing.id))
            await pause(1 / 3)
            done = await recoveries.clicked(other, request, seconds=20)
            if done.claimed.verdict is Verdict.WON:
                return number
        return most + 1
    finally:
        is_over.set()
        await asyncio.gather(*reporting)


async def test_a_person_resolves_within_two_tries_while_reports_come(
    db: Database, other: Database, tenant: Tenant
) -> None:
    for _ in range(3):
        assert await tries_until_it_is_resolved(db, other, tenant) <= 2


async def test_reports_that_each_end_the_round_would_be_found_out(
    db: Database, other: Database, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = life.identity
    monkeypatch.setattr(life, "identity", lambda row: identity(row) | {"attempt": row.attempt_count})

    assert await tries_until_it_is_resolved(db, other, tenant) > 2
