"""Cancelling an interaction: once, before its deadline, and never besides an answer."""

import asyncio
import random
from datetime import timedelta

from bridge import ids
from storage import interactions
from storage.model import Interaction, Status, Verdict
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline
from tests.storage.faults import admin, until_overdue, until_waiting
from tests.waiting import jitter

REASON = {"code": "cancelled", "detail": "The release was called off.", "fix": ""}


async def cancel(db: Database, question: Interaction, detail: str = REASON["detail"]) -> bool | None:
    return await interactions.cancel(
        db,
        question.organization_id,
        question.id,
        reason=REASON | {"detail": detail},
        cancelled_by="deploy-bot",
        event_id=ids.new(),
    )


async def test_a_pending_question_is_cancelled_with_everything_that_follows(db: Database, tenant: Tenant) -> None:
    question, neighbour = await build.question(db, tenant), await build.question(db, tenant)
    await card_moves.post(db, (await card_moves.lease(db, question))[0])

    assert await cancel(db, question) is True

    after = await build.read(db, tenant, question.id)
    assert (after.status, after.reason, after.answer) == (Status.CANCELLED, REASON, None)
    assert after.ended_at is not None and after.ended_at < after.expires_at
    assert [card.wanted for card in await card_moves.of(db, question)] == [2]
    moments = await interactions.timeline(db, question.organization_id, question.id)
    assert (moments[-1].type, moments[-1].detail) == ("interaction.cancelled", {"key": "deploy-bot"})
    assert (await build.read(db, tenant, neighbour.id)).status is Status.PENDING
    assert [card.wanted for card in await card_moves.of(db, neighbour)] == [1]


async def test_cancelling_again_changes_nothing(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    await cancel(db, question)
    before = await build.read(db, tenant, question.id)

    assert await cancel(db, question, "Another reason.") is False

    assert await build.read(db, tenant, question.id) == before
    assert [card.wanted for card in await card_moves.of(db, question)] == [2]
    assert len(await db.fetch("select from events where type = 'interaction.cancelled'")) == 1


async def test_what_has_been_answered_stays_answered(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    await interactions.claim(db, build.click(question))

    assert await cancel(db, question) is False

    after = await build.read(db, tenant, question.id)
    assert after.status is Status.ANSWERED and after.reason is None


async def test_what_does_not_exist_or_is_of_another_organization_is_not_cancelled(db: Database, tenant: Tenant) -> None:
    foreign = await build.question(db, await build.tenant(db))

    for id in (foreign.id, ids.new()):
        cancelled = await interactions.cancel(
            db, tenant.scope.organization_id, id, reason=REASON, cancelled_by="deploy-bot", event_id=ids.new()
        )
        assert cancelled is None
    assert await db.fetch("select from interactions where status = 'pending'")


async def test_a_cancellation_that_waited_for_the_row_past_the_deadline_loses(
    dsn: str, db: Database, tenant: Tenant
) -> None:
    question = await build.question(db, tenant)
    await set_deadline(db, question.id, timedelta(milliseconds=500))
    async with admin(dsn) as holder, holder.transaction():
        await holder.execute("select from interactions for update")
        waiting = asyncio.create_task(cancel(db, question))
        await until_waiting(holder)
        await until_overdue(holder)

    assert await waiting is False
    assert await db.fetch("select from interactions where status = 'pending'"), "the expiry decides how it ends"


async def test_a_click_and_a_cancellation_never_both_end_a_question(
    db: Database, other: Database, tenant: Tenant
) -> None:
    chance = random.Random(11)
    seen = set()
    for _ in range(400):
        question = await build.question(db, tenant, responders=None)
        one, two = (db, other) if chance.random() < 0.5 else (other, db)

        async def late(question: Interaction = question, one: Database = one) -> bool | None:
            await jitter(0.002)  # a random point of the claim is what this test is about
            return await cancel(one, question)

        cancelled, claimed, again = await asyncio.gather(
            late(), interactions.claim(two, build.click(question), seconds=20), cancel(two, question)
        )

        won = claimed.verdict is Verdict.WON
        assert [won, bool(cancelled), bool(again)].count(True) == 1
        after = await build.read(db, tenant, question.id)
        assert after.status is (Status.ANSWERED if won else Status.CANCELLED)
        assert won or claimed.verdict is Verdict.CANCELLED
        assert claimed.life is not None and (claimed.life.status, claimed.life.reason) == (after.status, after.reason)
        seen.add(won)

    assert seen == {True, False}, "one side always won, so this was no race"
    ends = await db.fetch(
        "select count(*) as n from events where type <> 'interaction.created' group by interaction_id"
    )
    assert [row["n"] for row in ends] == [1] * 400
    assert {row["wanted"] for row in await db.fetch("select wanted from cards")} == {2}
