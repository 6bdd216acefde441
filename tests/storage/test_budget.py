"""The time budget of a click: it is confirmed or refused in time, and the row agrees with the verdict later."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from storage import interactions, pool
from storage.errors import Unavailable
from storage.model import Status, Verdict
from storage.pool import Database
from tests import proxy
from tests.proxy import Weather
from tests.storage import build
from tests.storage.build import Tenant
from tests.storage.faults import admin, frozen, pid_of, until_waiting
from tests.waiting import jitter, until

SLACK = 3.0  # seconds until Slack shows its own error


@pytest.fixture
async def single(dsn: str) -> AsyncIterator[Database]:
    """A pool of one connection, so that the claim gets a known one."""
    async with pool.connect(dsn, name="single", size=1) as database:
        yield database


async def rows(db: Database) -> tuple[str, list[tuple[str, int]]]:
    (question,) = await db.fetch("select status from interactions")
    clicks = await db.fetch("select verdict, repeats from clicks order by clicked_at")
    return question["status"], [(click["verdict"], click["repeats"]) for click in clicks]


async def test_a_frozen_backend_costs_a_click_a_second_and_not_its_answer(
    db: Database, tenant: Tenant, single: Database
) -> None:
    question = await build.question(db, tenant)
    with frozen(await pid_of(single)):
        began = time.monotonic()
        claimed = await interactions.claim(single, build.click(question))

        assert claimed.verdict is Verdict.WON
        assert time.monotonic() - began < SLACK
    assert (await build.read(db, tenant, question.id)).status is Status.ANSWERED


async def test_a_row_that_stays_locked_is_refused_in_time_and_the_same_click_is_told_the_truth_later(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    """Abandoned tries may still be applied by the server: they all have the same claim id."""
    question = await build.question(db, tenant)
    click = build.click(question)
    async with admin(dsn) as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from interactions for update")
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await interactions.claim(db, click)
        assert time.monotonic() - began < SLACK
        await transaction.commit()

    assert (await interactions.claim(db, click)).verdict is Verdict.WON
    status, ((verdict, _),) = await rows(db)
    assert (status, verdict) == ("answered", "won")


async def test_a_silent_network_is_refused_in_time(dsn: str, db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    async with proxy.before(dsn) as (network, through), pool.connect(through, name="far", size=4) as far:
        network.weather = Weather.BLACK_HOLE
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await interactions.claim(far, build.click(question))
        assert time.monotonic() - began < SLACK

    assert await rows(db) == ("pending", [])


async def test_a_reply_that_is_lost_after_the_commit_is_asked_for_again(dsn: str, db: Database, tenant: Tenant) -> None:
    first, question = await build.question(db, tenant), await build.question(db, tenant)
    async with proxy.before(dsn) as (network, through), pool.connect(through, name="far", size=1) as far:
        await interactions.claim(far, build.click(first))  # prepares the statement on the server
        network.lose_replies()
        claim = asyncio.create_task(interactions.claim(far, build.click(question)))
        await network.lost_a_reply()
        assert (await build.read(db, tenant, question.id)).status is Status.ANSWERED
        network.weather = Weather.FAIR
        await network.cut()

        claimed = await claim

    assert (claimed.verdict, claimed.repeats) == (Verdict.WON, 1)
    assert claimed.life is not None and claimed.life.status is Status.ANSWERED
    assert claimed.life.answer == (await build.read(db, tenant, question.id)).answer


async def test_clicks_whose_backends_are_terminated_at_any_moment_are_told_what_the_row_says(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    """Before, during and after the commit: one person, one choice, so every click has won or is recorded."""
    async with admin(dsn) as operator, pool.connect(dsn, name="doomed", size=4) as doomed:

        async def terminate() -> None:
            await jitter(0.004)  # a random point of the claim is what this test is about
            await operator.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'askbridge doomed'"
            )

        for _ in range(80):
            question = await build.question(db, tenant)
            claimed, _ = await asyncio.gather(interactions.claim(doomed, build.click(question)), terminate())

            assert claimed.verdict is Verdict.WON
            after = await build.read(db, tenant, question.id)
            assert after.status is Status.ANSWERED
            assert claimed.life is not None and claimed.life.answer == after.answer

    assert len(await db.fetch("select from clicks")) == 80
    assert len(await db.fetch("select from events where type = 'interaction.answered'")) == 80


async def test_a_click_that_hung_up_is_either_recorded_or_not_but_never_half(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    for _ in range(60):
        question = await build.question(db, tenant)
        claim = asyncio.create_task(interactions.claim(db, build.click(question)))
        await jitter(0.004)  # a random point of the claim, at which the caller disconnects
        claim.cancel()
        await asyncio.gather(claim, return_exceptions=True)

    async with admin(dsn) as reader:
        active = (
            "select from pg_stat_activity where datname = current_database() and state = 'active' "
            "and pid <> pg_backend_pid()"
        )
        await until(lambda: reader.fetch(active), lambda rows: not rows)
        halves = await reader.fetch(
            """
            select from interactions as asked
            where
                (status = 'answered')
                    <> exists (select from clicks where interaction_id = asked.id and verdict = 'won')
                or (status = 'answered')
                    <> exists (select from events where interaction_id = asked.id and type = 'interaction.answered')
            """
        )
    assert not halves
    assert await db.fetch("select 1")


async def test_a_claim_without_time_for_a_second_try_refuses_after_the_first(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant)
    async with admin(dsn) as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from interactions for update")
        claim = asyncio.create_task(interactions.claim(db, build.click(question), seconds=0.2))
        await until_waiting(holder)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await claim
        assert time.monotonic() - began < 0.6
        assert (
            await holder.fetchval(
                "select count(*) from pg_stat_activity where application_name = 'askbridge test' "
                "and wait_event_type = 'Lock'"
            )
            == 1
        )
        await transaction.rollback()


async def active(connection: asyncpg.Connection, name: str) -> list[asyncpg.Record]:
    """The backends of a pool that run a statement now; a transaction keeps its first look unless that is cleared."""
    await connection.execute("select pg_stat_clear_snapshot()")
    return list(
        await connection.fetch(
            "select pid from pg_stat_activity where application_name = $1 and state = 'active'", name
        )
    )


async def test_clicks_that_were_given_up_leave_nothing_behind_on_the_server(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    """A backend that waits for a lock does not notice that its client has gone: the server must end the statement."""
    question = await build.question(db, tenant, responders=None)
    async with (
        pool.connect(dsn, name="few", size=4, seconds=pool.TRY_SECONDS) as claims,
        admin(dsn) as holder,
        holder.transaction(),
    ):
        await holder.execute("select from interactions for update")
        clicks = [build.click(question, user_id=f"U{number}") for number in range(4)]

        outcomes = await asyncio.gather(
            *(interactions.claim(claims, click) for click in clicks), return_exceptions=True
        )

        assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
        # Not by their locks: a backend that is next to wait for the row has none ungranted for a moment.
        await until(lambda: active(holder, "askbridge few"), lambda backends: not backends, within=SLACK)
    assert await rows(db) == ("pending", []), "a refused claim is not applied later"
