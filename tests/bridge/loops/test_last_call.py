"""The last call: before a default answer counts, every card is edited once, so that one that is gone is found."""

from datetime import timedelta

import pytest

from bridge.loops import expiry
from sandbox.slack.faults import Kind
from storage.model import Handle, Interaction, Status
from tests.bridge.loops.asking import ask, events, status
from tests.bridge.replica import Replica
from tests.storage import build
from tests.storage.elapse import set_deadline


async def posted(replica: Replica, *addresses: dict[str, str], on_expiry: str | None = "approve") -> Interaction:
    question = await ask(replica, *addresses, on_expiry=on_expiry, responders=None)
    await replica.settle()
    return question


async def last_call(replica: Replica, question: Interaction) -> None:
    """Half a minute before its deadline."""
    await set_deadline(replica.db, question.id, timedelta(seconds=30))
    replica.notifier.cards.clear()
    await expiry.step(replica.db, replica.notifier, replica.reader)


async def end(replica: Replica, question: Interaction) -> Interaction:
    await replica.expire(question)
    return await build.read(replica.db, replica.tenant, question.id)


def delete(replica: Replica, handle: Handle) -> None:
    message = replica.slack.world.message(channel=handle.channel, ts=handle.ts)
    assert message is not None
    replica.slack.world.delete(message)


async def handles(replica: Replica, question: Interaction) -> list[Handle]:
    return [card.handle for card in await replica.copies(question) if card.handle is not None]


@pytest.mark.parametrize("default", ["approve", "deny"])
async def test_a_question_whose_card_is_gone_ends_unreachable_and_never_by_default(
    replica: Replica, default: str
) -> None:
    question = await posted(replica, on_expiry=default)
    delete(replica, (await handles(replica, question))[0])

    await last_call(replica, question)
    assert replica.notifier.cards.is_set()
    with replica.notifier.watching(question.organization_id, question.id) as signal:
        await replica.cards.step()
        assert signal.is_set(), "the agent is told before the deadline"

    row = await end(replica, question)
    assert row.status is Status.UNREACHABLE and row.answer is None
    assert row.reason is not None and row.reason["code"] == "card_gone"
    assert (await events(replica, question))[-1] == "interaction.unreachable"


async def test_a_card_that_is_there_is_edited_once_and_the_default_counts(replica: Replica) -> None:
    question = await posted(replica)
    (handle,) = await handles(replica, question)
    before = replica.shown(handle)

    for _ in range(3):
        await last_call(replica, question)
        await replica.settle()

    assert len(replica.called("chat.update")) == 1
    assert replica.has_buttons(handle) and replica.shown(handle) != before, "Slack wants another block_id for an edit"
    row = await end(replica, question)
    assert row.status is Status.ANSWERED and row.answer is not None and row.answer["via"] == "default"


async def test_one_card_left_is_enough(replica: Replica) -> None:
    question = await posted(replica, {"channel": "C0APPROVALS"}, {"channel": "C0GENERAL"})
    gone, there = await handles(replica, question)
    delete(replica, gone)

    await last_call(replica, question)
    await replica.settle()

    assert await status(replica, question) is Status.PENDING
    assert [card.given_up_at is None for card in await replica.copies(question)] == [False, True]
    assert (await end(replica, question)).status is Status.ANSWERED
    await replica.settle()
    assert not replica.has_buttons(there)


async def test_all_cards_gone_one_after_the_other_end_the_question(replica: Replica) -> None:
    question = await posted(replica, {"channel": "C0APPROVALS"}, {"channel": "C0GENERAL"})
    for handle in await handles(replica, question):
        delete(replica, handle)

    await last_call(replica, question)
    await replica.settle()

    assert await status(replica, question) is Status.UNREACHABLE


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        ("message_not_found", False),
        ("channel_not_found", False),
        ("is_archived", False),
        ("cant_update_message", True),  # the message is there
        ("edit_window_closed", True),
        ("not_in_channel", True),  # people see it, and can click
        ("fatal_error", True),  # Slack did not say
    ],
)
async def test_what_slack_says_of_a_card_decides_if_the_default_counts(
    replica: Replica,
    error: str,
    counts: bool,  # noqa: FBT001  -- a column of the table
) -> None:
    question = await posted(replica)
    await last_call(replica, question)
    replica.fault("chat.update", Kind.ERROR, error=error)
    await replica.cards.step()

    row = await end(replica, question)

    assert row.status is (Status.ANSWERED if counts else Status.UNREACHABLE)
    await replica.settle()
    assert not counts or not replica.has_buttons((await handles(replica, question))[0]), "it is edited at the end"


async def test_a_question_without_a_default_has_no_last_call(replica: Replica) -> None:
    question = await posted(replica, on_expiry=None)

    await last_call(replica, question)
    await replica.settle()

    assert replica.called("chat.update") == []


async def test_any_replica_makes_the_call_and_any_edits_the_card(replica: Replica, second: Replica) -> None:
    question = await posted(replica)
    delete(replica, (await handles(replica, question))[0])
    await last_call(replica, question)

    await second.settle()

    assert await status(replica, question) is Status.UNREACHABLE


async def test_a_card_that_was_never_posted_is_still_to_be_posted(replica: Replica) -> None:
    question = await ask(replica, on_expiry="approve", responders=None)

    await last_call(replica, question)
    await replica.cards.step()

    assert (await replica.card(question)).shown == 1 and replica.called("chat.update") == []
