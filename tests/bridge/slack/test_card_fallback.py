"""A clicked card whose edit fails: replaced through the click's response URL, or else the winner is told privately."""

import asyncio
import io
import json
import threading
from typing import Any

import pytest

from bridge.card.frame import CardView, Drawing
from bridge.kinds import contract
from bridge.kinds.registry import KINDS
from bridge.representation import interaction
from bridge.slack.connections import Installations
from bridge.slack.expected_edits import ExpectedEdits
from sandbox.slack.faults import Kind
from sandbox.slack.server import Sandbox
from storage.model import CardStatus, Handle, Interaction, Status
from tests.bridge import replica as replicas
from tests.bridge.loops import card_loop
from tests.bridge.loops.asking import answered
from tests.bridge.replica import Replica
from tests.storage import build
from tests.waiting import until

CHANNEL = "C0APPROVALS"
RECORDED = "Your answer “Approve” was recorded. This card cannot be updated at the moment"
MENDABLE = ["not_in_channel", "channel_not_found", "is_archived", "restricted_action", "an_unknown_error"]
LASTING = ["message_not_found", "cant_update_message", "edit_window_closed"]
REFUSALS: list[dict[str, Any]] = [
    *({"kind": Kind.ERROR, "error": error} for error in [*MENDABLE, *LASTING, "invalid_auth", "internal_error"]),
    {"kind": Kind.RATELIMITED, "retry_after": 3600},
    {"kind": Kind.HTML, "status": 502},
    {"kind": Kind.DROP_BEFORE},
]
ALWAYS = 50


async def fall_back(replica: Replica) -> None:
    """Attend to every click whose card was not edited, without waiting for the time in which it may be."""
    await replica.parts.card_fallback.close()
    assert len(replica.expected) == 0


def used(replica: Replica, told: Any) -> list[dict[str, Any]]:
    """The bodies that the response URL of a click has received."""
    return [json.loads(reply["body"]) for reply in replica.slack.response_urls.used(told["payload"]["response_url"])]


async def state(replica: Replica, question: Interaction) -> tuple[Status, CardStatus]:
    row = await build.read(replica.db, replica.tenant, question.id)
    return row.status, interaction.card_status(await replica.card(question), row.status)


async def mend(replica: Replica) -> None:
    """Let Slack take edits again, and this replica forget that it did not."""
    replica.slack.faults.clear()
    replica.installations.put(replica.tenant.scope, replica.client)
    replica.forget()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.get("error") or refusal["kind"].value)
async def test_m063_m064_a_winner_whose_card_cannot_be_edited_sees_it_replaced_and_the_next_click_settles_it(
    replica: Replica, question: Interaction, handle: Handle, refusal: dict[str, Any]
) -> None:
    replica.fault("chat.update", times=ALWAYS, **refusal)

    told = await replica.click(question, handle)
    await replica.cards.step()
    await fall_back(replica)

    assert "<@U0ANA>" in replica.shown(handle) and not replica.has_buttons(handle)
    assert replica.whispers(CHANNEL) == []
    assert [body["replace_original"] for body in used(replica, told)] == [True]
    status, card = await state(replica, question)
    lasting = refusal.get("error") in LASTING
    assert (status, card) == (Status.ANSWERED, CardStatus.FAILED if lasting else CardStatus.POSTED), "as Slack said"

    await mend(replica)
    await replica.click(question, handle)
    await replica.cards.step()

    assert await state(replica, question) == (Status.ANSWERED, CardStatus.SETTLED)
    assert (await replica.card(question)).reason is None


async def test_a_click_during_an_edit_with_buttons_is_answered_when_the_next_edit_is_refused(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    """The edit that was under way shows nothing of the answer."""
    await replica.db.fetch(
        "update cards set wanted = wanted + 1, due_at = now() where interaction_id = $1", question.id
    )
    replica.fault("chat.update", Kind.SLOW, seconds=0.5)
    editing = asyncio.create_task(replica.cards.step())
    await until(lambda: replica.called("chat.update"))
    told = await replica.click(question, handle)
    await editing

    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=ALWAYS)
    await replica.cards.step()
    await fall_back(replica)

    assert "<@U0ANA>" in replica.shown(handle) and not replica.has_buttons(handle)
    assert [body["replace_original"] for body in used(replica, told)] == [True]


async def test_a_card_that_cannot_be_drawn_leaves_no_winner_untold(
    replica: Replica, question: Interaction, handle: Handle, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=ALWAYS)
    await replica.click(question, handle)
    await replica.cards.step()

    def fails(*_: object) -> Drawing:
        raise ZeroDivisionError

    monkeypatch.setattr(contract.Kind, "draw", fails)

    await fall_back(replica)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and text.startswith(RECORDED)
    assert "aftermath_failed" in log.getvalue()
    assert replica.metrics.registry.get_sample_value("askbridge_card_fallbacks_total", {"result": "told"}) == 1


async def test_no_card_is_drawn_in_the_event_loop_here_either(
    replica: Replica, question: Interaction, handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    drawn = KINDS["approval"].draw

    def draw(view: CardView) -> Drawing:
        threads.append(threading.current_thread().name)
        return drawn(view)

    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=ALWAYS)
    await replica.click(question, handle)
    await replica.cards.step()
    monkeypatch.setattr(contract.Kind, "draw", lambda _, view: draw(view))

    await fall_back(replica)

    assert len(threads) == 1 and threading.main_thread().name not in threads


async def test_a_winner_whose_card_can_be_neither_edited_nor_replaced_is_told_privately_once(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=ALWAYS)
    replica.fault("response_url", Kind.ERROR, error="used_url", times=2)

    told = await replica.click(question, handle)
    await replica.cards.step()
    await fall_back(replica)
    await replica.send_click(told["payload"])
    await replica.cards.step()
    await fall_back(replica)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and text.startswith(RECORDED)
    assert replica.has_buttons(handle)
    assert len(replica.called("chat.postEphemeral")) == 1


async def test_refused_blocks_are_followed_by_words_through_the_same_url(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    replica.fault("chat.update", Kind.ERROR, error="invalid_blocks", times=ALWAYS)
    replica.fault("response_url", Kind.STATUS, status=400)

    await replica.click(question, handle)
    await replica.cards.step()
    await fall_back(replica)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and text.startswith(RECORDED)
    assert replica.called("chat.postEphemeral") == []


async def test_a_winner_who_cannot_be_told_in_any_way_is_counted_and_logged(
    replica: Replica, question: Interaction, handle: Handle, log: io.StringIO
) -> None:
    replica.fault("*", Kind.ERROR, error="invalid_auth", times=ALWAYS)
    replica.fault("response_url", Kind.ERROR, times=ALWAYS)

    await replica.click(question, handle)
    await replica.cards.step()
    await fall_back(replica)

    assert replica.whispers(CHANNEL) == []
    assert "card_not_replaced" in log.getvalue() and "reply_failed" in log.getvalue()
    assert replica.metrics.registry.get_sample_value("askbridge_card_fallbacks_total", {"result": "failed"}) == 1
    assert replica.called("chat.postEphemeral") == [], "not with a token that Slack refused a moment ago"


async def test_a_loser_s_card_that_cannot_be_edited_is_replaced_too(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    await answered(replica, question)
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=ALWAYS)

    await replica.click(question, handle, user="U0BOB", choice="deny")
    await replica.cards.step()
    await fall_back(replica)

    assert not replica.has_buttons(handle)
    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0BOB" and "already answered" in text


async def test_where_no_replica_has_the_token_the_card_is_replaced_when_the_time_for_its_edit_is_over(
    slack: Sandbox, dsn: str
) -> None:
    async with replicas.running(slack, dsn, expected=ExpectedEdits(seconds=0.05)) as replica:
        question = await build.question(replica.db, replica.tenant)
        handle = await replica.show(question)

        await replica.click(question, handle)
        assert await card_loop.build(replica, installations=Installations()).step() == 0
        async with asyncio.timeout(5):
            await replica.expected.wake.wait()
        assert await replica.parts.card_fallback.step() == 1
        await fall_back(replica)

        assert not replica.has_buttons(handle)
        assert replica.called("chat.update") == []


async def test_a_card_that_another_replica_edited_is_left_alone(
    replica: Replica, second: Replica, question: Interaction, handle: Handle
) -> None:
    told = await replica.click(question, handle)
    await second.cards.step()

    assert len(replica.expected) == 1
    await fall_back(replica)

    assert used(replica, told) == []


async def test_an_edited_card_is_not_expected_any_more_and_a_short_back_off_is_waited_for(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    replica.fault("chat.update", Kind.STATUS, status=503)  # tried again after a second

    told = await replica.click(question, handle)
    await replica.cards.step()
    assert await replica.parts.card_fallback.step() == 0 and len(replica.expected) == 1
    await replica.settle()

    assert len(replica.expected) == 0
    assert used(replica, told) == []


async def test_an_edit_that_a_replacement_may_have_undone_is_made_again(
    replica: Replica, second: Replica, question: Interaction, handle: Handle
) -> None:
    """While this replica replaces the card, another one edits it: the older content might stay."""
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel")
    told = await replica.click(question, handle)
    await replica.cards.step()
    replica.fault("response_url", Kind.SLOW, seconds=0.5)
    replacing = asyncio.create_task(fall_back(replica))
    await until(lambda: used(replica, told))

    await second.pass_time()
    await second.cards.step()
    card = await replica.card(question)
    assert card.shown == card.wanted
    await replacing

    card = await replica.card(question)
    assert (card.shown, card.wanted) == (2, 3)
    await second.settle()
    assert not replica.has_buttons(handle)


async def test_a_replacement_does_not_hasten_the_next_edit_of_a_card_that_slack_refuses(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    replica.fault("chat.update", Kind.ERROR, error="not_in_channel", times=ALWAYS)

    await replica.click(question, handle)
    await replica.cards.step()
    await fall_back(replica)

    assert await replica.cards.step() == 0
    assert len(replica.called("chat.update")) == 1


async def test_the_winner_on_an_ephemeral_message_sees_it_replaced(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    """Such a message has no card that could be edited; only its response URL can change it."""
    await replica.client.post_ephemeral(channel=CHANNEL, user_id="U0ANA", text="A copy for you alone.", thread_ts=None)
    copy = next(one for one in replica.slack.world.messages(CHANNEL) if one.ephemeral_to)

    await replica.click(question, Handle(channel=CHANNEL, ts=copy.ts))
    await replica.cards.step()
    await fall_back(replica)

    assert "Approved" in replica.shown(Handle(channel=CHANNEL, ts=copy.ts))


async def test_m062_a_stop_leaves_no_winner_without_a_card_that_says_so(
    replica: Replica, question: Interaction, handle: Handle
) -> None:
    """The loops have ended, and the card is still to be edited."""
    await replica.click(question, handle)

    await replica.parts.card_fallback.close()

    assert not replica.has_buttons(handle)
    assert await state(replica, question) == (Status.ANSWERED, CardStatus.POSTED), "any replica edits it"
    await replica.settle()
    assert await state(replica, question) == (Status.ANSWERED, CardStatus.SETTLED)


async def test_without_a_database_the_winner_is_told_that_the_answer_was_recorded(
    replica: Replica, question: Interaction, handle: Handle, log: io.StringIO
) -> None:
    await replica.click(question, handle)
    await replica.db.close()

    await fall_back(replica)

    [(to, text, _)] = replica.whispers(CHANNEL)
    assert to == "U0ANA" and text.startswith(RECORDED)
    assert "card_not_replaced" in log.getvalue()


async def test_more_clicks_than_may_be_expected_are_counted_and_their_verdicts_stand(slack: Sandbox, dsn: str) -> None:
    async with replicas.running(slack, dsn, expected=ExpectedEdits(max_expected=0)) as replica:
        question = await build.question(replica.db, replica.tenant)

        await replica.click(question, await replica.show(question))

        assert await replica.verdicts() == ["won"]
        assert replica.metrics.registry.get_sample_value("askbridge_card_fallbacks_total", {"result": "dropped"}) == 1
