"""Many replicas, bugs in the bridge and an unavailable database: each card is shown, and none stops another."""

import asyncio
import io

import pytest

from bridge import ids
from sandbox.slack.faults import Kind
from storage import receipts
from storage.model import Progress, Status
from storage.receipts import Receipt, Recording
from tests.bridge.loops.asking import answered, ask, events, place, said, status
from tests.bridge.replica import Replica
from tests.waiting import until


async def test_a_card_that_cannot_be_drawn_is_put_off_and_does_not_stop_its_siblings(
    replica: Replica, log: io.StringIO
) -> None:
    unreadable = [await ask(replica, request={"kind": kind}) for kind in ("approval", "choice")]
    good = [await ask(replica) for _ in range(3)]

    await replica.cards.step()

    assert all([(await replica.card(question)).ts for question in good])
    for question in unreadable:
        card = await replica.card(question)
        assert (card.failures, card.leased_until, card.maybe_shown) == (1, None, False)
        assert card.reason is not None and card.reason["code"] == "internal_error"
    assert log.getvalue().count("card_failed") == 2 and "ValidationError" in log.getvalue()


async def test_a_card_of_a_kind_of_a_later_release_is_left_to_it(replica: Replica, log: io.StringIO) -> None:
    strange = await ask(replica, kind="of_another_release")

    assert await replica.cards.step() == 0

    card = await replica.card(strange)
    assert (card.attempt, card.failures, card.reason) == (0, 0, None)
    assert log.getvalue() == ""


async def test_a_question_whose_card_could_never_be_drawn_was_not_asked(replica: Replica) -> None:
    question = await ask(replica, kind="of_another_release")
    await replica.cards.step()

    await replica.expire(question)

    assert await status(replica, question) is Status.UNREACHABLE


async def test_a_database_that_goes_away_in_the_middle_costs_a_lease_and_nothing_else(
    replica: Replica, second: Replica, log: io.StringIO
) -> None:
    question = await ask(replica)
    replica.fault("chat.postMessage", Kind.SLOW, seconds=0.2)
    posting = asyncio.create_task(replica.cards.step())
    channel = place(await second.card(question))
    await until(lambda: said(replica, channel))
    await replica.db.close()
    await posting

    assert "card_write_back_failed" in log.getvalue()
    assert await second.cards.step() == 0, "the lease still holds"
    await second.settle()
    assert len(said(replica, channel)) == 2
    await second.click(question, said(replica, channel)[0])
    await second.settle()
    assert not any(second.has_buttons(handle) for handle in said(replica, channel))


async def test_m022_a_copy_posted_after_its_lease_was_lost_is_kept_and_settled(
    replica: Replica, second: Replica, log: io.StringIO
) -> None:
    question = await ask(replica)
    channel = place(await replica.card(question))
    replica.fault("chat.postMessage", Kind.SLOW, seconds=0.3)
    paused = asyncio.create_task(replica.cards.step())
    await until(lambda: said(replica, channel))
    await second.pass_time()  # the lease is over, and another replica posts
    await second.cards.step()
    await paused

    copies = await replica.copies(question)
    assert sorted(card.ts or "" for card in copies) == sorted(handle.ts for handle in said(replica, channel))
    assert len(copies) == 2 and "lease_lost" in log.getvalue()
    assert replica.metrics.registry.get_sample_value("askbridge_leases_lost_total") == 1
    assert "card.lease_lost" in await events(replica, question)
    await answered(replica, question)
    await second.settle()
    assert not any(replica.has_buttons(handle) for handle in said(replica, channel))


async def test_m066_an_edit_after_its_lease_was_lost_is_made_again(replica: Replica, second: Replica) -> None:
    """The edit may have arrived after a newer one and replaced it in Slack."""
    question = await ask(replica)
    await replica.show(question)
    await answered(replica, question)
    replica.fault("chat.update", Kind.SLOW, seconds=0.2)
    paused = asyncio.create_task(replica.cards.step())
    await until(lambda: replica.called("chat.update"))
    await second.pass_time()
    await second.cards.step()
    await paused

    after = await replica.card(question)
    assert (after.shown, after.attempt, after.wanted) == (2, 3, 3), (
        "once more than the two versions, whichever was first"
    )
    assert replica.metrics.registry.get_sample_value("askbridge_leases_lost_total") == 1
    assert await second.cards.step() == 1
    assert await second.cards.step() == 0


@pytest.mark.parametrize("release", ["this", "before"])
async def test_a_receipt_is_shown_by_the_replica_that_took_the_click_when_another_one_settled_the_card(
    replica: Replica, second: Replica, release: str
) -> None:
    """The one that took the click remembers the end, and nothing of what came after it."""
    question = await ask(replica)
    handle = await replica.show(question)
    await replica.click(question, handle)
    assert replica.message_cache.interaction(question.scope, question.id) is not None
    await second.cards.step()
    assert (await replica.card(question)).settled
    if release == "before":  # one that does not write it down
        await replica.db.fetch("update cards set settled = false")
    receipt = Receipt(status=Progress.FAILED, summary="rolled back", url=None)
    said = await receipts.record(
        replica.db, question.organization_id, question.id, receipt, key_name="bot", event_id=ids.new()
    )
    assert said is Recording.RECORDED

    await replica.settle()

    assert "failed" in replica.shown(handle) and "rolled back" in replica.shown(handle)


async def test_m021_two_replicas_with_two_hundred_due_cards_post_each_exactly_once(
    replica: Replica, second: Replica
) -> None:
    questions = [await ask(replica) for _ in range(200)]

    async def drain(one: Replica) -> int:
        posted = 0
        while moved := await one.cards.step():
            posted += moved
        return posted

    shares = await asyncio.gather(drain(replica), drain(second))

    assert sum(shares) == 200 and min(shares) > 0
    assert len(replica.called("chat.postMessage")) == 200
    for question in questions:
        card = await replica.card(question)
        assert (card.attempt, card.shown) == (1, 1)
