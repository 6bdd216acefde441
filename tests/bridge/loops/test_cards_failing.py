"""What each of Slack's failures causes: a delay, a second card, or a card given up, and what its row stores."""

import asyncio
from typing import Any

import pytest

from bridge.loops.call_slots import CallSlots
from sandbox.slack.faults import Kind
from sandbox.slack.model import Channel
from storage.model import Status
from tests.bridge.loops import card_loop
from tests.bridge.loops.asking import CHANNEL, answered, ask, events, place, said, status, warm
from tests.bridge.replica import Replica
from tests.storage import build
from tests.waiting import until

BROKEN_ANSWERS = [
    ({"kind": Kind.STATUS, "status": 500}, False),
    ({"kind": Kind.STATUS, "status": 503}, False),
    ({"kind": Kind.HTML, "status": 502}, False),
    ({"kind": Kind.ERROR, "error": "internal_error"}, False),
    ({"kind": Kind.ERROR, "error": "fatal_error"}, False),
    ({"kind": Kind.DROP_BEFORE}, False),
    ({"kind": Kind.DROP_AFTER}, True),
    ({"kind": Kind.EMPTY}, True),
    ({"kind": Kind.TRUNCATED}, True),
]


@pytest.mark.parametrize(("fault", "was_shown"), BROKEN_ANSWERS)
async def test_m016_m018_a_post_of_unknown_outcome_may_be_on_a_screen_and_is_made_again_after_a_while(
    replica: Replica,
    fault: dict[str, Any],
    was_shown: bool,  # noqa: FBT001  -- a column of the table
) -> None:
    question = await ask(replica)
    channel = place(await replica.card(question))
    replica.fault("chat.postMessage", **fault)
    await replica.cards.step()

    card = await replica.card(question)
    assert (card.ts, card.maybe_shown, card.failures) == (None, True, 1)
    assert card.reason is not None and card.reason["code"].startswith("slack_") | (fault["kind"] is Kind.ERROR)
    assert len(said(replica, channel)) == int(was_shown), "the client itself never sends twice"
    assert await replica.cards.step() == 0, "not at once"

    await replica.settle()
    assert len(said(replica, channel)) == 1 + int(was_shown)
    row = await build.read(replica.db, replica.tenant, question.id)
    assert (row.status, row.cards_left, row.cards_shown) == (Status.PENDING, 0, 1)


async def test_a_question_whose_card_may_have_been_seen_expires_and_is_not_called_unreachable(
    replica: Replica,
) -> None:
    question = await ask(replica)
    replica.fault("chat.postMessage", Kind.DROP_AFTER)
    await replica.cards.step()

    await replica.expire(question)

    assert await status(replica, question) is Status.EXPIRED


@pytest.mark.parametrize(("fault", "was_shown"), BROKEN_ANSWERS)
async def test_m063_an_edit_of_unknown_outcome_is_made_again(
    replica: Replica,
    fault: dict[str, Any],
    was_shown: bool,  # noqa: FBT001  -- a column of the table
) -> None:
    question = await ask(replica)
    handle = await replica.show(question)
    await answered(replica, question)
    replica.fault("chat.update", **fault)
    await replica.cards.step()

    card = await replica.card(question)
    assert (card.shown, card.wanted, card.failures) == (1, 2, 1)
    assert (card.ts, card.given_up_at) == (handle.ts, None)
    await replica.settle()
    assert (await replica.card(question)).shown == 2
    assert not replica.has_buttons(handle)


async def test_the_back_off_grows_and_is_forgotten_after_a_success(replica: Replica) -> None:
    question = await ask(replica)
    waits = []
    for _ in range(7):
        replica.fault("chat.postMessage", Kind.STATUS)
        await replica.pass_time()
        replica.forget()
        await replica.cards.step()
        rows = await replica.db.fetch("select extract(epoch from due_at - clock_timestamp())::float as wait from cards")
        waits.append(round(rows[0]["wait"]))

    assert waits == [1, 3, 10, 30, 60, 300, 300]
    await replica.settle()
    assert (await replica.card(question)).failures == 0


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"channel": "C0PRIVATE"}, "channel_not_found"),
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "C0ARCHIVE"}, "is_archived"),
        ({"channel": "C2PUBLIC"}, "not_in_channel"),
        ({"user": "U0NOBODY"}, "channel_not_found"),
        ({"channel": CHANNEL, "thread_ts": "1700000000.000001"}, "thread_not_found"),
    ],
)
async def test_m019_a_place_that_takes_no_card_makes_the_question_unreachable_with_a_reason(
    replica: Replica, address: dict[str, str], code: str
) -> None:
    replica.slack.world.add_channel(Channel(id="C2PUBLIC", name="public", members=frozenset({"U0ANA"})))
    question = await ask(replica, address)
    with replica.notifier.watching(question.organization_id, question.id) as signal:
        await replica.cards.step()

        assert signal.is_set(), "the agent hears it at once"
    row = await build.read(replica.db, replica.tenant, question.id)
    assert row.status is Status.UNREACHABLE
    assert row.reason is not None and set(row.reason) == {"code", "detail", "fix"}
    assert code in row.reason["detail"] and row.reason["fix"]
    assert await events(replica, question) == ["interaction.created", "interaction.unreachable"]
    assert len(replica.called("chat.postMessage")) == 1
    await replica.settle()
    assert len(replica.called("chat.postMessage")) == 1


@pytest.mark.parametrize("word", ["restricted_action", "msg_too_long", "messages_tab_disabled", "an_unknown_error"])
async def test_m019_other_refusals_end_in_a_reason_too(replica: Replica, word: str) -> None:
    question = await ask(replica)
    replica.fault("chat.postMessage", Kind.ERROR, error=word, times=5)

    for _ in range(3):
        await replica.pass_time()
        replica.forget()
        await replica.cards.step()

    row = await build.read(replica.db, replica.tenant, question.id)
    assert row.status is Status.UNREACHABLE
    assert row.reason is not None and word in row.reason["detail"]


async def test_one_address_that_takes_no_card_leaves_the_question_to_the_others(replica: Replica) -> None:
    question = await ask(replica, {"channel": "C0ARCHIVE"}, {"user": "U0ANA"})

    await replica.cards.step()

    assert await status(replica, question) is Status.PENDING
    first, second = await replica.copies(question)
    assert first.given_up_at is not None and second.ts is not None


async def test_m064_a_card_that_was_deleted_is_given_up_and_its_answer_stands(replica: Replica) -> None:
    question = await ask(replica)
    handle = await replica.show(question)
    message = replica.slack.world.message(channel=handle.channel, ts=handle.ts)
    assert message is not None
    replica.slack.world.delete(message)
    await answered(replica, question)

    await replica.settle()

    card = await replica.card(question)
    assert card.given_up_at is not None and card.reason is not None and "message_not_found" in card.reason["detail"]
    row = await build.read(replica.db, replica.tenant, question.id)
    assert row.status is Status.ANSWERED and row.answer is not None
    assert (await events(replica, question))[-1] == "card.given_up"
    assert len(replica.message_cache) == 0
    assert len(replica.called("chat.update")) == 1


@pytest.mark.parametrize("word", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_m020_a_dead_token_is_noticed_once_however_many_cards_wait(replica: Replica, word: str) -> None:
    questions = [await ask(replica) for _ in range(50)]
    await warm(replica)
    replica.fault("chat.postMessage", Kind.ERROR, error=word, times=1000)

    while await replica.cards.step():
        pass

    assert len(replica.called("chat.postMessage")) <= 3
    row = await build.read(replica.db, replica.tenant, questions[-1].id)
    assert row.status is Status.UNREACHABLE
    assert row.reason is not None and word in row.reason["detail"] and row.reason["fix"]


async def test_a_posted_card_waits_until_the_token_is_repaired(replica: Replica) -> None:
    question = await ask(replica)
    handle = await replica.show(question)
    await answered(replica, question)
    replica.fault("chat.update", Kind.ERROR, error="invalid_auth")
    for _ in range(3):
        await replica.pass_time()
        await replica.cards.step()
    card = await replica.card(question)
    assert (card.given_up_at, card.shown) == (None, 1)
    assert len(replica.called("chat.update")) == 1

    replica.installations.put(question.scope, replica.client)
    await replica.pass_time()
    await replica.cards.step()

    assert not replica.has_buttons(handle)


async def test_one_connection_makes_few_calls_at_a_time(replica: Replica) -> None:
    for _ in range(10):
        await ask(replica)
    replica.fault("chat.postMessage", Kind.SLOW, seconds=0.2, times=3)
    posting = asyncio.create_task(replica.cards.step())
    await until(lambda: len(replica.called("chat.postMessage")) == 3)
    await asyncio.sleep(0)

    assert len(replica.called("chat.postMessage")) == 3
    await posting
    assert len(replica.called("chat.postMessage")) == 10


async def test_m026_who_finds_no_free_call_in_time_lets_go_of_the_card_unharmed(replica: Replica) -> None:
    questions = [await ask(replica) for _ in range(4)]
    replica.fault("chat.postMessage", Kind.SLOW, seconds=0.2, times=3)

    await card_loop.build(replica, slots=CallSlots(seconds=0.02)).step()

    [waiting] = [card for question in questions if (card := await replica.card(question)).ts is None]
    assert (waiting.failures, waiting.maybe_shown, waiting.leased_until) == (0, False, None)


async def test_m019_refused_blocks_are_tried_once_in_a_plainer_form_with_the_same_buttons(replica: Replica) -> None:
    question = await ask(replica)
    replica.fault("chat.postMessage", Kind.ERROR, error="invalid_blocks")

    handle = await replica.show(question)

    full, plain = replica.called("chat.postMessage")
    buttons = [block for block in full["blocks"] if block["type"] == "actions"]
    assert buttons == [block for block in plain["blocks"] if block["type"] == "actions"]
    assert full["blocks"] != plain["blocks"]
    assert (await replica.card(question)).plain
    await answered(replica, question)
    await replica.settle()
    assert len(replica.called("chat.update")) == 1, "from now on the plain form is used at once"
    assert not replica.has_buttons(handle)


async def test_blocks_refused_in_both_forms_make_the_question_unreachable(replica: Replica) -> None:
    question = await ask(replica)
    replica.fault("chat.postMessage", Kind.ERROR, error="invalid_blocks", times=2)

    await replica.settle()

    assert await status(replica, question) is Status.UNREACHABLE
    assert len(replica.called("chat.postMessage")) == 2


async def test_m065_an_edit_with_refused_blocks_is_made_in_the_plainer_form(replica: Replica) -> None:
    question = await ask(replica)
    handle = await replica.show(question)
    await answered(replica, question)
    replica.fault("chat.update", Kind.ERROR, error="invalid_blocks")

    await replica.settle()

    assert (await replica.card(question)).plain and not replica.has_buttons(handle)
