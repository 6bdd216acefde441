"""Making cards appear and change on good days, and at the speed that Slack wants."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bridge import ids
from bridge.slack.connections import Installations
from sandbox.slack.faults import Kind
from sandbox.slack.server import Sandbox
from storage.model import Handle, Status
from tests.bridge.loops import card_loop
from tests.bridge.loops.asking import PEOPLE, answered, ask, events, own_channel, place, said, status, warm
from tests.bridge.replica import Replica
from tests.waiting import until


async def test_a_question_is_posted_with_its_buttons_its_handle_and_its_link(replica: Replica) -> None:
    question = await ask(replica)

    assert await replica.cards.step() == 1

    card = await replica.card(question)
    assert card.channel and card.ts and (card.shown, card.wanted) == (1, 1)
    assert replica.has_buttons(Handle(channel=card.channel, ts=card.ts))
    assert card.permalink == f"{replica.slack.url}/archives/{card.channel}/p{card.ts.replace('.', '')}"
    assert await events(replica, question) == ["interaction.created", "interaction.posted"]
    assert await replica.cards.step() == 0


async def test_a_person_is_asked_in_their_direct_messages(replica: Replica) -> None:
    question = await ask(replica, {"user": "U0ANA"})

    handle = await replica.show(question)

    assert handle.channel.startswith("D0"), "the id by which the card can be edited"
    await answered(replica, question)
    await replica.settle()
    assert not replica.has_buttons(handle)


async def test_a_card_is_posted_into_its_thread(replica: Replica) -> None:
    parent = await replica.show(await ask(replica))
    question = await ask(replica, {"channel": parent.channel, "thread_ts": parent.ts})
    replica.forget()

    handle = await replica.show(question)

    message = replica.slack.world.message(channel=handle.channel, ts=handle.ts)
    assert message is not None and message.thread_ts == parent.ts
    card = await replica.card(question)
    assert card.permalink is not None and f"thread_ts={parent.ts}" in card.permalink


async def test_the_log_counts_copies_from_0_like_the_timeline(
    replica: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "askbridge.cards")
    await ask(replica, {"user": "U0ANA"}, {"user": "U0BOB"})

    await replica.cards.step()

    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    posted = [event["card"] for event in events if event["event"] == "card_posted"]
    assert sorted(posted) == [0, 1]


class Counting(ThreadPoolExecutor):
    """The thread that draws, which counts what it is given."""

    drawn = 0

    def submit(self, *arguments: Any, **named: Any) -> Any:
        self.drawn += 1
        return super().submit(*arguments, **named)


async def test_no_card_is_drawn_in_the_event_loop(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of long cards takes longer than a click may wait."""
    with Counting(max_workers=1) as thread:
        monkeypatch.setattr("bridge.slack.drawing.THREAD", thread)
        question = await ask(replica)
        await replica.cards.step()
        await answered(replica, question)
        await replica.settle()

    assert thread.drawn == 2


async def test_every_copy_shows_how_it_ended(replica: Replica) -> None:
    question = await ask(replica, *({"user": user} for user in PEOPLE))
    await replica.cards.step()
    handles = [Handle(channel=card.channel or "", ts=card.ts or "") for card in await replica.copies(question)]

    await answered(replica, question)
    await replica.settle()

    assert len({handle.channel for handle in handles}) == 4
    assert all("<@U0ANA>" in replica.shown(handle) and not replica.has_buttons(handle) for handle in handles)
    assert (await events(replica, question)).count("card.settled") == 4


async def test_a_card_that_was_replaced_leads_to_the_newer_one_in_its_channel(replica: Replica) -> None:
    here, elsewhere = own_channel(replica), own_channel(replica)
    older = await ask(replica, {"channel": here}, {"channel": elsewhere})
    await replica.settle()
    beside, alone = [Handle(channel=card.channel or "", ts=card.ts or "") for card in await replica.copies(older)]

    newer = await ask(replica, {"channel": here}, supersedes=older.id)
    await replica.settle()

    link = (await replica.card(newer)).permalink
    assert link and f"by <{link}|a newer question>" in replica.shown(beside)
    assert f"{ids.encode('int', newer.id)[-6:]})" in replica.shown(alone)
    edited = [call["ts"] for call in replica.called("chat.update")]
    assert (edited.count(beside.ts), edited.count(alone.ts)) == (2, 1)


async def test_one_edit_is_enough_when_the_newer_card_is_there_first(replica: Replica) -> None:
    channel = own_channel(replica)
    older = await ask(replica, {"channel": channel})
    handle = await replica.show(older)
    newer = await ask(replica, {"channel": channel}, supersedes=older.id)
    replica.fault("chat.update", Kind.RATELIMITED, retry_after=7)
    await replica.settle()

    link = (await replica.card(newer)).permalink
    assert link and f"by <{link}|a newer question>" in replica.shown(handle)
    assert len(replica.called("chat.update")) == 2  # the one that was refused, and one more


async def test_a_waiter_for_the_first_post_is_woken(replica: Replica) -> None:
    question = await ask(replica)

    with replica.notifier.watching(question.organization_id, question.id) as signal:
        await replica.cards.step()

        assert signal.is_set()


async def test_a_copy_of_a_question_that_ended_before_it_was_shown_is_never_posted(replica: Replica) -> None:
    question = await ask(replica)
    await replica.expire(question)

    await replica.settle()

    assert replica.called("chat.postMessage") == []
    card = await replica.card(question)
    assert card.shown == card.wanted and card.ts is None
    assert await status(replica, question) is Status.UNREACHABLE


async def test_m023_a_question_that_ends_while_its_post_is_in_flight_is_settled_at_once(replica: Replica) -> None:
    question = await ask(replica)
    replica.fault("chat.postMessage", Kind.SLOW, seconds=0.2)
    posting = asyncio.create_task(replica.cards.step())
    channel = place(await replica.card(question))
    await until(lambda: said(replica, channel))

    await answered(replica, question)
    await posting
    await replica.settle()

    assert await status(replica, question) is Status.ANSWERED
    [handle] = said(replica, channel)
    assert not replica.has_buttons(handle)


async def test_a_replica_without_a_token_leases_nothing(slack: Sandbox, dsn: str, replica: Replica) -> None:
    await ask(replica)
    loop = card_loop.build(replica, installations=Installations())

    assert await loop.step() == 0


@pytest.mark.parametrize(("retry_after", "seconds"), [(7, 7), (None, 10)])
async def test_m017_a_429_pauses_its_channel_counts_as_no_attempt_and_lets_others_go_on(
    replica: Replica, retry_after: int | None, seconds: int
) -> None:
    question, other = await ask(replica), await ask(replica)
    channel = place(await replica.card(question))
    replica.fault("chat.postMessage", Kind.RATELIMITED, retry_after=retry_after, channel=channel)
    await replica.cards.step()

    card = await replica.card(question)
    assert (card.failures, card.maybe_shown, card.leased_until) == (0, False, None)
    assert card.reason is not None and card.reason["code"] == "rate_limited"
    rows = await replica.db.fetch(
        "select extract(epoch from due_at - clock_timestamp())::float as wait from cards where id = $1", card.id
    )
    assert seconds - 2 < rows[0]["wait"] <= seconds
    assert (await replica.card(other)).ts is not None
    await replica.pass_time()
    await replica.cards.step()
    assert len([call for call in replica.called("chat.postMessage") if call["channel"] == channel]) == 1

    await replica.settle()
    assert (await replica.card(question)).ts is not None
    assert await status(replica, question) is Status.PENDING


async def test_a_pause_also_holds_those_who_already_wait_for_their_turn(replica: Replica) -> None:
    channel = own_channel(replica)
    for _ in range(5):
        await ask(replica, {"channel": channel})
    await warm(replica)
    replica.fault("chat.postMessage", Kind.RATELIMITED, retry_after=30, times=9)

    await replica.cards.step()

    assert len(replica.called("chat.postMessage")) == 1


async def test_a_429_of_an_edit_pauses_edits_and_not_posts(replica: Replica) -> None:
    question, other = await ask(replica), await ask(replica)
    handles = [await replica.show(question), Handle(channel="", ts="")]
    await replica.settle()
    await answered(replica, question)
    await answered(replica, other)
    replica.forget()
    replica.fault("chat.update", Kind.RATELIMITED, retry_after=30)
    await replica.cards.step()
    edits = len(replica.called("chat.update"))
    new = await ask(replica)

    await replica.pass_time()
    await replica.cards.step()

    assert len(replica.called("chat.update")) == edits, "the others wait too"
    assert (await replica.card(new)).ts is not None
    await replica.settle()
    assert not replica.has_buttons(handles[0])


async def test_one_channel_gets_one_message_a_second(replica: Replica) -> None:
    channel = own_channel(replica)
    questions = [await ask(replica, {"channel": channel}) for _ in range(2)]

    await replica.cards.step()

    first, second = (float(one.ts) for one in said(replica, channel))
    assert second - first >= 0.95
    assert all([(await replica.card(question)).ts for question in questions])
