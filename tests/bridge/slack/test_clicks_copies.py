"""Clicks on cards that are old, unrecorded or still being posted, on replicas that never saw the interaction."""

import asyncio
import io
from typing import Any

import pytest

from sandbox.slack.faults import Kind
from storage.model import Handle, Interaction, Verdict
from tests import payloads
from tests.bridge.replica import Counting, Replica
from tests.bridge.slack.parsing import parsed
from tests.storage import build
from tests.waiting import until

CHANNEL = "C0APPROVALS"


async def test_m041_the_same_envelope_twice_has_one_effect(
    replica: Replica, second: Replica, question: Interaction, handle: Handle
) -> None:
    payload = replica.payload(question)

    told = await asyncio.gather(*(one.send_click(payload) for one in [replica, second] * 10))

    assert {answer.status for answer in told} == {200}
    assert await replica.verdicts() == ["won"]
    assert replica.whispers(CHANNEL) == []


async def test_a_repeated_envelope_is_told_and_healed_once_by_each_replica(
    replica: Replica, second: Replica, question: Interaction, handle: Handle
) -> None:
    """A second reply would only use up the response URL; without a reply of each, one could die with its replica."""
    await replica.click(question, handle)
    await replica.settle()
    first = await replica.click(question, handle, user="U0BOB")
    await replica.settle()
    edits = len(replica.called("chat.update"))

    for one in [replica, second] * 10:
        assert (await one.send_click(first["payload"])).status == 200
        await replica.settle()

    told = replica.whispers(CHANNEL)
    assert len(told) == 2 and len(set(told)) == 1
    assert len(replica.called("chat.update")) == edits + 1
    assert await replica.verdicts() == ["won", "taken"]


async def test_m036_a_click_on_a_replica_that_never_saw_the_question_counts(
    replica: Replica, second: Replica, question: Interaction, handle: Handle
) -> None:
    await second.click(question, handle)
    await replica.settle()

    assert await replica.verdicts() == ["won"]
    assert not replica.has_buttons(handle)


async def test_m042_of_two_people_who_click_at_once_on_two_replicas_one_wins_and_the_other_is_told(
    replica: Replica, second: Replica
) -> None:
    question = await build.question(replica.db, replica.tenant, responders=["U0ANA", "U0BOB"])
    handle = await replica.show(question)

    told = await asyncio.gather(
        replica.click(question, handle, user="U0ANA"), second.click(question, handle, user="U0BOB", choice="deny")
    )

    assert [one["status"] for one in told] == [200, 200]
    assert sorted(await replica.verdicts()) == ["taken", "won"]
    row = await build.read(replica.db, replica.tenant, question.id)
    assert row.answer is not None
    winner, label = row.answer["by"]["user"], row.answer["label"]
    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to in {"U0ANA", "U0BOB"} - {winner}
    assert f"<@{winner}> already answered “{label}”" in text


async def test_m024_a_click_before_the_handle_is_stored_counts_and_the_card_settles(
    replica: Replica, question: Interaction
) -> None:
    """The card is in Slack before Slack's response to the post arrives."""
    replica.fault("chat.postMessage", Kind.SLOW, seconds=0.3)
    posting = asyncio.create_task(replica.cards.step())
    said = await until(lambda: list(replica.slack.world.messages(CHANNEL)))
    handle = Handle(channel=CHANNEL, ts=said[0].ts)

    told = await replica.click(question, handle)
    assert not posting.done()
    await posting
    await replica.settle()

    assert told["status"] == 200 and await replica.verdicts() == ["won"]
    assert len(list(replica.slack.world.messages(CHANNEL))) == 1
    assert not replica.has_buttons(handle)


async def test_m015_an_unrecorded_card_heals_at_its_first_click(replica: Replica, question: Interaction) -> None:
    replica.fault("chat.postMessage", Kind.DROP_AFTER)
    await replica.cards.step()
    await replica.pass_time()
    replica.forget()
    known = await replica.show(question)
    one, two = [Handle(channel=CHANNEL, ts=said.ts) for said in replica.slack.world.messages(CHANNEL)]
    unknown = one if two == known else two

    await replica.click(question, known)
    await replica.settle()
    assert not replica.has_buttons(known) and replica.has_buttons(unknown)
    await replica.click(question, unknown, choice="deny")
    await replica.settle()

    assert not replica.has_buttons(unknown)
    assert await replica.verdicts() == ["won", "decided"]


async def test_the_first_click_on_the_unknown_copy_wins_and_heals_both(replica: Replica, question: Interaction) -> None:
    replica.fault("chat.postMessage", Kind.DROP_AFTER)
    await replica.cards.step()
    await replica.pass_time()
    replica.forget()
    await replica.show(question)
    copies = [Handle(channel=CHANNEL, ts=said.ts) for said in replica.slack.world.messages(CHANNEL)]

    await replica.click(question, copies[0])
    await replica.settle()

    assert len(copies) == 2
    assert not any(replica.has_buttons(copy) for copy in copies)


async def test_a_copy_that_shows_an_old_state_is_edited_once_more_when_it_is_clicked(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    message = replica.slack.world.message(channel=handle.channel, ts=handle.ts)
    assert message is not None
    await replica.click(question, handle)
    await replica.settle()
    shown = replica.slack.world.message(channel=handle.channel, ts=handle.ts)
    assert shown is not None
    replica.slack.world.edit(shown, text=message.text, blocks=message.blocks)  # an edit that came too late
    assert replica.has_buttons(handle)

    await replica.click(question, handle)
    await replica.settle()

    assert not replica.has_buttons(handle)


@pytest.fixture
async def counting(replica: Replica) -> Counting:
    """The replica, with the statements of its loops counted."""
    counting = Counting(replica.db)
    replica.db = counting
    replica.__post_init__()
    return counting


async def test_the_cache_saves_the_read_before_an_edit_and_the_heal_after_a_win(
    replica: Replica, counting: Counting, question: Interaction
) -> None:
    handle = await replica.show(question)
    counting.statements.clear()

    await replica.clicks.after(await replica.clicks.decide(_parsed(replica, question, handle)))
    await replica.cards.step()

    assert len(counting.statements) == 3, "the note of the first click, the lease and the write-back"
    assert not replica.has_buttons(handle)
    assert len(replica.message_cache) == 0


async def test_without_the_cache_it_costs_exactly_that(
    replica: Replica, counting: Counting, question: Interaction
) -> None:
    handle = await replica.show(question)
    replica.message_cache.settled(question.scope, question.id, handle)
    counting.statements.clear()

    await replica.clicks.after(await replica.clicks.decide(_parsed(replica, question, handle)))
    await replica.cards.step()

    assert len(counting.statements) == 4, "and one read, of the question; no heal, which would lock"
    assert not replica.has_buttons(handle)


async def test_a_copy_that_was_settled_before_the_winner_is_attended_to_is_not_edited_again(
    replica: Replica, question: Interaction
) -> None:
    handle = await replica.show(question)
    replica.message_cache.settled(question.scope, question.id, handle)

    outcome = await replica.clicks.decide(_parsed(replica, question, handle))
    await replica.cards.step()
    await replica.clicks.after(outcome)
    await replica.cards.step()

    assert len(replica.called("chat.update")) == 1


def _parsed(replica: Replica, question: Interaction, handle: Handle) -> Any:
    payload = replica.payload(question)
    payload["container"] |= {"channel_id": handle.channel, "message_ts": handle.ts}
    return parsed(payloads.form(payload), api_url=replica.slack.api_url)


async def test_a_winner_wakes_waiting_requests(replica: Replica, question: Interaction, handle: Handle) -> None:
    with replica.notifier.watching(question.organization_id, question.id) as signal:
        outcome = await replica.clicks.decide(_parsed(replica, question, handle))
        assert outcome.claimed.verdict is Verdict.WON and not signal.is_set()
        await replica.clicks.after(outcome)

        assert signal.is_set()


async def test_healing_without_a_database_loses_only_the_healing(
    replica: Replica, question: Interaction, handle: Handle, log: io.StringIO
) -> None:
    await replica.click(question, handle)
    await replica.db.close()

    await replica.click(question, handle, user="U0BOB")

    assert len(replica.whispers(CHANNEL)) == 1
    assert "card_not_healed" in log.getvalue()
