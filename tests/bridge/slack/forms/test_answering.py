"""A choice that needs words: the click opens a form, and only what is sent in the form decides."""

import io
from typing import Any

import pytest

from bridge.forms import codec
from storage.model import Status
from tests.bridge.logged import events
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.slack.forms.asking import CHANNEL, WORDS


async def test_a_click_opens_the_form_and_takes_nothing(replica: Replica) -> None:
    question, handle = await asking.ask(replica)

    report = await asking.click(replica, question, handle)

    assert (report["status"], report["answer"]["body"]) == (200, "")
    view = await asking.view(replica)
    assert view["callback_id"] == codec.ANSWER
    assert view["title"]["text"] == "Deny" and "Deploy 1.4 to production?" in asking.shown(view)
    target = codec.target(view["private_metadata"])
    assert target is not None
    assert (target.interaction, target.choice, target.channel, target.ts) == (question.id, "deny", CHANNEL, handle.ts)
    assert await replica.verdicts() == ["opened"]
    assert (await asking.read(replica, question)).status is Status.PENDING
    assert replica.has_buttons(handle) and replica.whispers(CHANNEL) == []


async def test_what_is_sent_decides_closes_the_form_and_settles_the_card(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)

    report = await asking.submit(replica, view)
    await asking.settled(replica)

    assert (report["status"], report["response"], report["trouble"]) == (200, None, None)
    assert await asking.views(replica) == []
    answered = await asking.read(replica, question)
    assert answered.status is Status.ANSWERED and answered.answer is not None
    assert (answered.answer["decision"], answered.answer["comment"], answered.answer["via"]) == ("deny", WORDS, "form")
    assert answered.answer["by"] == {"user": "U0ANA", "name": "ana", "team": "T0SANDBOX"}
    assert await replica.verdicts() == ["opened", "won"]
    assert not replica.has_buttons(handle) and WORDS in replica.shown(handle)
    assert replica.whispers(CHANNEL) == [], "the card says it"
    assert replica.called("views.update") == [], "the form that answered is closed, not changed"


async def test_an_optional_comment_may_be_left_empty(replica: Replica) -> None:
    question, handle = await asking.ask(replica)

    await asking.submit(replica, await asking.opened(replica, question, handle, choice="approve"), None)

    answer = (await asking.read(replica, question)).answer
    assert answer is not None and answer["approved"] and "comment" not in answer


async def test_a_form_on_one_replica_is_answered_on_another(replica: Replica, second: Replica) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)

    report = await asking.submit(second, view)

    assert (report["status"], report["response"]) == (200, None)
    assert (await asking.read(replica, question)).status is Status.ANSWERED


async def test_several_options_are_selected_by_their_positions(replica: Replica) -> None:
    question, handle = await asking.ask(replica, asking.SEVERAL)
    choice = next(iter(question.forms))
    view = await asking.opened(replica, question, handle, choice=choice)
    (block,) = [block for block in view["blocks"] if block["type"] == "input"]

    await asking.submit(replica, view, ["0", "2"], field=str(codec.field_of(block["block_id"])))

    answer = (await asking.read(replica, question)).answer
    assert answer is not None
    assert [option["id"] for option in answer["options"]] == ["mon", "wed"]


async def test_a_required_comment_that_is_left_out_is_asked_for_again(replica: Replica) -> None:
    """Slack's client does not send an empty required input, but a request can."""
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)

    report = await asking.submit(replica, view, "  ", unchecked=True)

    assert report["response"] == {
        "response_action": "errors",
        "errors": {codec.block_id("comment"): "Please enter some text."},
    }
    assert report["trouble"] is None
    assert await replica.verdicts() == ["opened", "mistaken"]
    assert (await asking.read(replica, question)).status is Status.PENDING


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("x" * 3_001, "This text has 3,001 characters. Please shorten it to 3,000."),
        ("a\x00b", "cannot be stored"),
        ("\u200b\u200b", "Please enter some text."),
        (None, "Please enter some text."),
    ],
)
async def test_a_mistake_is_told_under_its_field_and_can_be_corrected(
    replica: Replica, entered: Any, words: str
) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)

    report = await asking.submit(replica, view, entered, unchecked=True)

    assert words in report["response"]["errors"]["f1_comment"]
    await asking.submit(replica, view)
    assert await replica.verdicts() == ["opened", "mistaken", "won"]
    assert (await asking.read(replica, question)).status is Status.ANSWERED


async def test_a_form_that_lacks_an_input_is_shown_again_and_never_taken_as_empty(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle, choice="approve")
    payload = (await asking.submit(replica, view, "x" * 3_001, unchecked=True))["payload"]
    payload["view"]["state"]["values"] = {"b0Old": {"text": {"type": "plain_text_input", "value": WORDS}}}

    ack = await replica.receiver.receive(payload)

    assert ack.status == 200 and ack.body is not None and ack.then is not None
    assert ack.body["response_action"] == "update"
    assert "submit it again" in asking.shown(ack.body["view"])
    inputs = [block["block_id"] for block in ack.body["view"]["blocks"] if block["type"] == "input"]
    assert inputs == ["f1_comment"], "so that Slack keeps what was entered"
    assert ack.body["view"]["private_metadata"] == view["private_metadata"]
    await ack.then()
    assert await replica.verdicts() == ["opened", "mistaken", "mistaken"]
    assert (await asking.read(replica, question)).status is Status.PENDING


async def test_messages_go_to_inputs_that_the_person_saw_and_to_no_others(replica: Replica) -> None:
    """Slack shows no message at all, and an error of its own, if one is for another block."""
    question, handle = await asking.ask(replica)
    sent = asking.payload(await asking.opened(replica, question, handle), "x" * 3_001)
    sent["view"]["blocks"] = [block for block in sent["view"]["blocks"] if block["type"] != "input"]

    body = await asking.send(replica, sent)

    assert body is not None and body["response_action"] == "update"
    assert await replica.verdicts() == ["opened", "mistaken"]


async def test_a_form_that_is_closed_decides_nothing(replica: Replica) -> None:
    question, handle = await asking.ask(replica)
    view = await asking.opened(replica, question, handle)

    assert (await asking.close(replica, view))["sent"] is False, "Slack is not asked to tell"

    assert (await asking.read(replica, question)).status is Status.PENDING
    assert await replica.verdicts() == ["opened"]
    assert await asking.opened(replica, question, handle), "and can be opened again"


async def test_a_bare_click_does_not_decide_a_choice_that_requires_words(replica: Replica) -> None:
    """As from a card of before, or a client that keeps an old button."""
    question, handle = await asking.ask(replica)

    await replica.click(question, handle, choice="deny")

    assert await replica.verdicts() == ["gone"]
    assert (await asking.read(replica, question)).status is Status.PENDING


async def test_the_log_says_how_it_was_answered_and_nothing_of_the_words(replica: Replica, log: io.StringIO) -> None:
    question, handle = await asking.ask(replica)

    await asking.submit(replica, await asking.opened(replica, question, handle))

    decided = [event for event in events(log) if event["event"] == "click_decided"]
    assert [(event["verdict"], event.get("via")) for event in decided] == [("opened", None), ("won", "form")]
    assert WORDS not in log.getvalue()


async def test_a_replica_that_dies_right_after_the_commit_leaves_the_rest_to_another(
    replica: Replica, second: Replica
) -> None:
    """Neither its acknowledgement nor anything that follows it happens: Slack keeps the form, and it is sent again."""
    question, handle = await asking.ask(replica, responders=None)
    other = await asking.opened(replica, question, handle, user="U0BOB")
    sent = asking.payload(await asking.opened(replica, question, handle))
    await replica.receiver.receive(sent)  # decided, and never acknowledged

    await asking.settled(second)
    again = asking.payload(sent["view"])  # a person's second try is another envelope
    bodies = [await asking.send(second, payload) for payload in (again, again)]

    assert bodies == [None, None], "the same words are recorded already, so the form closes"
    assert (await replica.verdicts())[2:] == ["won", "recorded"]
    assert not replica.has_buttons(handle)
    (told,) = await asking.views(replica, "U0BOB")
    assert told["id"] == other["id"] and "<@U0ANA> already answered “Deny”" in asking.shown(told)
    assert ((await asking.read(replica, question)).answer or {})["comment"] == WORDS
