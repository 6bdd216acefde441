"""Cards: leased by one replica at a time, and written back under the fence of the lease."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from bridge import ids
from bridge.kinds.registry import KINDS
from storage import cards, interactions
from storage.model import Handle, Interaction, Json, Status
from storage.pool import Database
from tests.storage import build, card_moves
from tests.storage.build import Tenant
from tests.storage.card_moves import edit, fail, give_up, handle, lease, lose_leases, post, take
from tests.storage.elapse import elapse, set_time
from tests.storage.faults import until_waiting

PAUSED: Json = {"code": "rate_limited", "detail": "Slack asked for a pause.", "fix": "Wait."}


@pytest.fixture
async def question(db: Database, tenant: Tenant) -> Interaction:
    return await build.question(db, tenant)


async def counts(db: Database, question: Interaction) -> tuple[int, int]:
    (row,) = await db.fetch("select cards_left, cards_shown from interactions where id = $1", question.id)
    return row["cards_left"], row["cards_shown"]


async def events(db: Database, question: Interaction) -> list[str]:
    return [moment.type for moment in await interactions.timeline(db, question.organization_id, question.id)]


async def test_a_copy_is_leased_once_and_again_only_when_its_lease_ran_out(
    db: Database, other: Database, question: Interaction
) -> None:
    first = await take(db, question)

    assert await lease(other, question) == []
    await lose_leases(db, question.id)
    second = await take(other, question)

    assert (first.attempt, second.attempt) == (1, 2) and first.id == second.id


async def test_two_replicas_never_lease_the_same_copy(db: Database, other: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant, **card_moves.copies(1000))
    waiting = asyncio.Barrier(2)

    async def replica(one: Database) -> list[object]:
        taken: list[object] = []
        await waiting.wait()
        left = "select from cards where leased_until is null"  # all candidates of a lease may be locked
        while (batch := await lease(one, question, limit=20)) or await one.fetch(left):
            taken += [card.id for card in batch]
        return taken

    mine, theirs = await asyncio.gather(replica(db), replica(other))

    assert mine and theirs, "one replica leased nothing"
    assert len(mine) + len(theirs) == len({*mine, *theirs}) == 1000
    assert {card.attempt for card in await card_moves.of(db, question)} == {1}


async def test_only_the_connections_asked_for_are_served_longest_due_first(db: Database, tenant: Tenant) -> None:
    older = await build.question(db, tenant)
    newer = await build.question(db, tenant)
    foreign = await build.question(db, await build.tenant(db))

    assert [card.interaction_id for card in await lease(db, older, limit=1)] == [older.id]
    assert [card.interaction_id for card in await lease(db, older)] == [newer.id]
    assert [card.interaction_id for card in await lease(db, foreign)] == [foreign.id]


async def test_a_flood_on_one_connection_leaves_room_for_others_in_every_lease(db: Database, tenant: Tenant) -> None:
    """Within a connection the longest due card comes first, and the rest of a lease goes to the flood."""
    flood = await build.question(db, tenant, **card_moves.copies(200))
    for ordinal in range(1, 201):
        await elapse(db, "cards", timedelta(hours=1, seconds=-ordinal), ordinal, where="ordinal = $1")
    others = [await build.question(db, await build.tenant(db)) for _ in range(3)]
    served = [flood.scope, *(other.scope for other in others)]

    first, second = [await cards.lease(db, served, kinds=KINDS, limit=20) for _ in range(2)]

    flooding = [sorted(card.ordinal for card in batch if card.interaction_id == flood.id) for batch in (first, second)]
    assert {card.interaction_id for card in first} == {flood.id, *(other.id for other in others)}
    assert flooding == [list(range(1, 18)), list(range(18, 38))]


async def test_a_posted_copy_keeps_its_handle_and_counts_as_shown(db: Database, question: Interaction) -> None:
    assert await counts(db, question) == (1, 0)

    assert await post(db, await take(db, question), Handle(channel="C0DM", ts="1.1"))

    (card,) = await card_moves.of(db, question)
    assert (card.channel, card.ts, card.shown, card.wanted) == ("C0DM", "1.1", 1, 1)
    assert card.leased_until is None and card.reason is None
    assert await counts(db, question) == (0, 1)
    assert await events(db, question) == ["interaction.created", "interaction.posted"]
    assert await lease(db, question) == []


async def test_a_write_back_that_is_sent_again_changes_nothing_more(db: Database, question: Interaction) -> None:
    """The reply to the first one was lost, so the replica that repeats it cannot know that it was applied."""
    card, where, stray, event = await take(db, question), handle(), ids.new(), ids.new()
    for _ in range(2):
        assert await cards.posted(db, card, where, plain=False, stray_id=stray, event_id=event)

    assert await counts(db, question) == (0, 1)
    assert await events(db, question) == ["interaction.created", "interaction.posted"]

    late = dataclasses.replace(card, attempt=0)
    lost, stray, event = handle(), ids.new(), ids.new()
    for _ in range(2):
        assert not await cards.posted(db, late, lost, plain=False, stray_id=stray, event_id=event)

    assert await counts(db, question) == (0, 2)
    assert (await events(db, question))[2:] == ["card.lease_lost"]


async def test_a_post_whose_lease_was_lost_is_kept_as_a_stray_copy_to_be_settled_like_any_other(
    db: Database, question: Interaction
) -> None:
    paused = await take(db, question)
    await lose_leases(db, question.id)
    assert await post(db, await take(db, question))

    assert not await post(db, paused, Handle(channel="C0APPROVALS", ts="2.2"))

    mine, stray = await card_moves.of(db, question)
    assert mine.ts != "2.2" and (stray.ts, stray.address, stray.shown) == ("2.2", mine.address, 1)
    assert await counts(db, question) == (0, 2)
    assert (await events(db, question))[-1] == "card.lease_lost"
    await interactions.claim(db, build.click(question))
    assert {card.ts for card in await lease(db, question)} == {mine.ts, "2.2"}


async def test_a_stray_copy_that_waited_for_the_winning_click_is_due_for_its_edit(
    db: Database, question: Interaction
) -> None:
    """The version that a stray card should show is read from the locked row, not from before the wait."""
    paused = await take(db, question)
    await lose_leases(db, question.id)
    assert await post(db, await take(db, question))
    async with db.acquire() as clicking:
        transaction = clicking.transaction()
        await transaction.start()
        await clicking.execute("select from interactions for update")
        writing_back = asyncio.create_task(post(db, paused, Handle(channel="C0APPROVALS", ts="2.2")))
        await until_waiting(clicking)
        await clicking.execute("update cards set wanted = 2")  # as the claim does with every card
        await transaction.commit()

    assert not await writing_back
    stray = next(card for card in await card_moves.of(db, question) if card.ts == "2.2")
    assert (stray.shown, stray.wanted) == (1, 3)


async def test_a_stray_copy_is_shown_anew_when_no_claim_that_could_not_see_it_is_left(
    db: Database, question: Interaction
) -> None:
    """A claim that waited for the row while the stray was written has a snapshot without it."""
    paused = await take(db, question)
    await lose_leases(db, question.id)
    assert await post(db, await take(db, question))

    assert not await post(db, paused, Handle(channel="C0APPROVALS", ts="2.2"))

    stray = next(card for card in await card_moves.of(db, question) if card.ts == "2.2")
    (clock,) = await db.fetch("select clock_timestamp() as now")
    assert stray.wanted > stray.shown
    assert stray.due_at - clock["now"] > timedelta(seconds=interactions.CLAIM_SECONDS - 1)


async def test_a_message_that_a_click_took_in_before_its_write_back_stays_one_copy(
    db: Database, question: Interaction
) -> None:
    posting = await take(db, question)
    handle = Handle(channel="C0APPROVALS", ts="3.3")
    await interactions.claim(db, build.click(question, channel=handle.channel, ts=handle.ts))
    await cards.heal(db, question.scope, question.id, handle, stray_id=ids.new())

    assert await post(db, posting, handle)

    (card,) = await card_moves.of(db, question)
    assert (card.id, card.ts, card.shown, card.wanted) == (posting.id, "3.3", 1, 2)


async def test_an_edit_whose_lease_was_lost_changes_nothing_but_is_followed_by_another(
    db: Database, question: Interaction
) -> None:
    await post(db, await take(db, question))
    await interactions.claim(db, build.click(question))
    paused = await take(db, question)
    await lose_leases(db, question.id)
    current = await take(db, question)

    assert not await edit(db, paused)

    (card,) = await card_moves.of(db, question)
    assert (card.shown, card.attempt, card.leased_until) == (1, current.attempt, current.leased_until)
    assert (await events(db, question))[-1] == "card.lease_lost"
    assert await edit(db, current)
    assert (await events(db, question))[-1] == "card.settled"
    (again,) = await lease(db, question)  # Slack may have got the lost one last
    assert (again.shown, again.wanted) == (current.wanted, current.wanted + 1)


async def test_a_question_answered_while_its_card_is_being_posted_is_edited_at_once(
    db: Database, question: Interaction
) -> None:
    """A person clicks before the handle is recorded; the card is due for the edit as soon as it is."""
    card = await take(db, question)
    await interactions.claim(db, build.click(question))

    assert await post(db, card)

    again = await take(db, question)
    assert (again.shown, again.wanted) == (1, 2)
    assert await edit(db, again) and await lease(db, question) == []


async def test_a_copy_is_let_go_until_later(db: Database, question: Interaction) -> None:
    await fail(db, await take(db, question), seconds=60)

    (card,) = await card_moves.of(db, question)
    assert (card.failures, card.reason, card.leased_until) == (1, card_moves.ARCHIVED, None)
    assert await lease(db, question) == []
    await set_time(db, "cards", "due_at")
    assert (await take(db, question)).failures == 1


async def test_a_send_that_may_have_been_accepted_counts_as_shown_once(db: Database, question: Interaction) -> None:
    for _ in range(3):
        await fail(db, await take(db, question), unsure=True)
        assert await counts(db, question) == (1, 1)

    await post(db, await take(db, question))

    assert await counts(db, question) == (0, 1)


async def test_a_pause_that_is_no_failure_is_not_counted_and_is_the_reason(db: Database, question: Interaction) -> None:
    await fail(db, await take(db, question))
    await cards.retry(db, await take(db, question), seconds=0, reason=PAUSED, failed=False, unsure=False)

    (card,) = await card_moves.of(db, question)
    assert (card.failures, card.reason) == (1, PAUSED)


async def test_the_timeline_has_each_new_reason_for_which_a_card_waits_once(
    db: Database, question: Interaction
) -> None:
    for reason, is_noted in ((PAUSED, True), (PAUSED, True), (card_moves.ARCHIVED, False), (PAUSED, True)):
        event_id = ids.new() if is_noted else None
        card = await take(db, question)
        await cards.retry(db, card, seconds=0, reason=reason, failed=False, unsure=False, event_id=event_id)

    moments = await interactions.timeline(db, question.organization_id, question.id)
    waits = [moment.detail for moment in moments if moment.type == "card.waiting"]
    assert [{name: wait[name] for name in PAUSED} for wait in waits] == [PAUSED, PAUSED]
    assert all(datetime.fromisoformat(wait["until"]) <= datetime.now(UTC) for wait in waits)


async def test_a_replica_without_its_lease_can_neither_retry_nor_skip_nor_give_up(
    db: Database, question: Interaction
) -> None:
    paused = await take(db, question)
    await lose_leases(db, question.id)
    await take(db, question)
    before = await card_moves.of(db, question)

    await fail(db, paused, unsure=True)
    await cards.skip(db, paused)
    assert await give_up(db, paused) is None

    assert await card_moves.of(db, question) == before
    assert await counts(db, question) == (1, 0)


async def test_a_card_counts_as_shown_from_before_it_is_sent(db: Database, question: Interaction) -> None:
    """A replica may die while Slack accepts the post: then the card is posted, and no row says so."""
    posting = await take(db, question)

    assert await cards.mark_maybe_shown(db, posting) is True

    row = await interactions.get(db, question.organization_id, question.id)
    assert row is not None and row.cards_shown == 1
    await lose_leases(db, question.id)
    again = await take(db, question)
    assert await cards.mark_maybe_shown(db, again) is False, "an earlier try set the mark"
    assert await give_up(db, again) is Status.PENDING, "the first post may have been shown"
    assert await cards.mark_maybe_shown(db, posting) is None


async def test_the_doubt_of_a_send_that_certainly_failed_is_taken_back(db: Database, question: Interaction) -> None:
    posting = await take(db, question)
    newly_marked = await cards.mark_maybe_shown(db, posting)
    assert newly_marked is True

    await cards.retry(db, posting, seconds=0, reason=PAUSED, failed=True, unsure=False, newly_marked=newly_marked)

    (card,) = await card_moves.of(db, question)
    assert not card.maybe_shown
    posting = await take(db, question)
    newly_marked = await cards.mark_maybe_shown(db, posting)
    assert newly_marked is True
    status = await cards.give_up(db, posting, reason=card_moves.ARCHIVED, event_id=ids.new(), newly_marked=newly_marked)
    assert status is Status.UNREACHABLE


async def test_a_card_of_an_ended_question_is_not_posted(db: Database, question: Interaction) -> None:
    posting = await take(db, question)
    await interactions.claim(db, build.click(question))

    assert await cards.mark_maybe_shown(db, posting) is None


async def test_many_heals_of_one_unknown_message_make_one_copy(db: Database, question: Interaction) -> None:
    await post(db, await take(db, question))
    await interactions.claim(db, build.click(question))
    unknown = Handle(channel="C0APPROVALS", ts="4.4")

    await asyncio.gather(*(cards.heal(db, question.scope, question.id, unknown, stray_id=ids.new()) for _ in range(8)))

    assert [card.ts for card in await card_moves.of(db, question)].count("4.4") == 1


@pytest.mark.parametrize("first", ["post", "edit"])
async def test_an_answer_during_a_call_is_shown_at_once_though_the_card_was_to_be_looked_at_again_later(
    db: Database, tenant: Tenant, first: str
) -> None:
    question = await build.question(db, tenant)
    card, where = await take(db, question), handle()
    if first == "edit":
        await cards.posted(db, card, where, plain=False, stray_id=ids.new(), event_id=ids.new(), again_in=0)
        card = await take(db, question)
        assert (card.shown, card.wanted) == (1, 2)
    await interactions.claim(db, build.click(question))

    if first == "edit":
        await cards.edited(db, card, plain=False, settles=False, event_id=ids.new(), again_in=300)
    else:
        await cards.posted(db, card, where, plain=False, stray_id=ids.new(), event_id=ids.new(), again_in=300)

    again = await take(db, question)
    assert (again.shown, again.wanted) == (card.wanted, card.wanted + 1)


async def test_a_card_that_is_to_be_looked_at_again_is_due_then_and_not_before(db: Database, tenant: Tenant) -> None:
    question = await build.question(db, tenant)
    card, where = await take(db, question), handle()
    await cards.posted(db, card, where, plain=False, stray_id=ids.new(), event_id=ids.new(), again_in=300)
    assert await lease(db, question) == []

    await elapse(db, "cards", timedelta(seconds=301), columns=["due_at"])
    card = await take(db, question)
    await cards.edited(db, card, plain=False, settles=False, event_id=ids.new())

    await elapse(db, "cards", timedelta(seconds=301), columns=["due_at"])
    assert await lease(db, question) == []
