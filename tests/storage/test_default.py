"""The default answer: it counts from the deadline on, only if a card may have been shown, and is final."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from bridge import ids
from storage import deadlines, interactions
from storage.model import Interaction, Status, Verdict
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.elapse import set_deadline
from tests.storage.moments import RaceDelay

ANSWER = build.ANSWERS["deny"] | {"by": None, "via": "default"}


async def shown(db: Database, tenant: Tenant, **other: Any) -> Interaction:
    """An interaction with a default answer and a posted card."""
    question = await build.question(db, tenant, on_expiry="deny", **other)
    (card,) = [card for card in await card_moves.lease(db, question) if card.interaction_id == question.id]
    await card_moves.post(db, card)
    return await build.read(db, tenant, question.id)


async def sweep(db: Database) -> list[Any]:
    return (await deadlines.expire(db, event_ids=[ids.new() for _ in range(10)])).ended


async def test_the_default_is_written_when_it_is_met_and_the_sweep_changes_nothing_that_was_told(
    db: Database, tenant: Tenant
) -> None:
    question = await shown(db, tenant)
    await set_deadline(db, question.id)

    before = await build.read_with_end(db, tenant, question.id)

    assert (before.status, before.choice, before.answer) == (Status.ANSWERED, "deny", ANSWER)
    assert before.ended_at == before.expires_at and before.reason is None
    assert await sweep(db) == []
    assert await build.read(db, tenant, question.id) == before
    moments = await interactions.timeline(db, question.organization_id, question.id)
    assert (moments[-1].type, moments[-1].detail) == ("interaction.answered", {"via": "default"})
    assert [card.wanted for card in await card_moves.of(db, question)] == [2]
    (row,) = await db.fetch("select answered_by, claim_id from interactions")
    assert row["answered_by"] is None and len(row["claim_id"]) == 32


async def test_a_question_that_was_never_shown_has_no_default_answer(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, on_expiry="approve")
    await build.serve(db, tenant)
    await set_deadline(db, question.id)

    before = await build.read_with_end(db, tenant, question.id)
    await sweep(db)

    assert (before.status, before.answer, before.reason) == (Status.UNREACHABLE, None, deadlines.NEVER_SHOWN)
    assert await build.read(db, tenant, question.id) == before


async def test_a_send_that_may_have_been_seen_is_enough_for_the_default(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, on_expiry="deny")
    await card_moves.fail(db, await card_moves.take(db, question), unsure=True)
    await set_deadline(db, question.id)
    await sweep(db)

    assert (await build.read(db, tenant, question.id)).answer == ANSWER


async def test_a_click_after_the_deadline_is_told_of_the_default_before_the_sweep_as_after_it(
    db: Database, tenant: Tenant
) -> None:
    question = await shown(db, tenant)
    await set_deadline(db, question.id)

    early = await interactions.claim(db, build.click(question, choice="deny"))
    await sweep(db)
    late = await interactions.claim(db, build.click(question, choice="deny"))

    assert early.verdict is late.verdict is Verdict.TAKEN
    assert early.life == late.life
    assert early.life is not None and (early.life.status, early.life.answer) == (Status.ANSWERED, ANSWER)


async def test_a_click_in_time_beats_the_default(db: Database, tenant: Tenant) -> None:
    question = await shown(db, tenant)
    await interactions.claim(db, build.click(question))
    await set_deadline(db, question.id)

    assert await sweep(db) == []
    after = await build.read(db, tenant, question.id)
    assert after.answer is not None and (after.choice, after.answer["via"]) == ("approve", "button")


async def test_a_card_that_comes_after_the_deadline_changes_nothing_that_was_told(db: Database, tenant: Tenant) -> None:
    posted, unsure, given_up = [await build.question(db, tenant, on_expiry="deny") for _ in range(3)]
    leased = {card.interaction_id: card for card in await card_moves.lease(db, posted)}
    for question in (posted, unsure, given_up):
        await set_deadline(db, question.id)
    before = [await build.read_with_end(db, tenant, question.id) for question in (posted, unsure, given_up)]
    assert {question.status for question in before} == {Status.UNREACHABLE}

    await card_moves.post(db, leased[posted.id])
    await card_moves.fail(db, leased[unsure.id], unsure=True)
    await card_moves.give_up(db, leased[given_up.id])

    for swept in (False, True):
        after = [await build.read(db, tenant, question.id) for question in (posted, unsure, given_up)]
        assert [(one.status, one.reason, one.ended_at) for one in after] == [
            (one.status, one.reason, one.ended_at) for one in before
        ], f"swept: {swept}"
        await sweep(db)
    (card,) = await card_moves.of(db, posted)
    assert card.wanted == 2, "it is posted, and due to show the end"


async def test_a_click_and_the_default_never_both_answer(db: Database, other: Database, tenant: Tenant) -> None:
    """Four hundred races at the moment of the deadline, with a delay that adapts to the speed of the machine."""
    moment = RaceDelay(seed=3)
    verdicts: dict[UUID, str] = {}

    async def one_race(question: Interaction) -> None:
        await set_deadline(db, question.id, timedelta(seconds=moment.seconds()))

        async def repeatedly() -> None:
            for _ in range(3):
                await sweep(other)

        claimed, _ = await asyncio.gather(interactions.claim(db, build.click(question), seconds=20), repeatedly())
        verdicts[question.id] = claimed.verdict
        moment.was_too(late=claimed.verdict is Verdict.WON)
        assert claimed.life is not None and claimed.life.status is Status.ANSWERED

    questions = [await shown(db, tenant) for _ in range(400)]
    for start in range(0, 400, 8):
        await asyncio.gather(*(one_race(question) for question in questions[start : start + 8]))
    while await sweep(db):
        pass

    assert set(verdicts.values()) == {Verdict.WON, Verdict.TAKEN}
    for id, verdict in verdicts.items():
        after = await build.read(db, tenant, id)
        assert after.answer is not None and after.status is Status.ANSWERED
        assert after.answer["via"] == ("button" if verdict is Verdict.WON else "default")
    assert len(await db.fetch("select from events where type = 'interaction.answered'")) == 400
