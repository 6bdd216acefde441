"""Several questions in one form: a click opens it, one submission answers all of them, and only it counts."""

from bridge.forms import codec
from storage.model import Json, Status
from tests.bridge.kinds.test_questions import ASKED, DATA, NAME, NOTES, REGION
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.slack.forms.asking import CHANNEL


def entered(**changes: Json | None) -> Json:
    """What a person enters, in the form that the sandbox takes, by field."""
    values: Json = {REGION: "1", DATA: ["0", "2"], NAME: "order-export", NOTES: None} | changes
    return {codec.block_id(field): {codec.INPUT: value} for field, value in values.items()}


async def test_one_submission_answers_all_questions(replica: Replica) -> None:
    question, handle = await asking.ask(replica, ASKED)
    view = await asking.opened(replica, question, handle, choice="answers")
    assert (await asking.read(replica, question)).status is Status.PENDING

    report = await asking.submit(replica, view, values=entered())
    await asking.settled(replica)

    assert (report["status"], report["response"], report["trouble"]) == (200, None, None)
    answer = (await asking.read(replica, question)).answer or {}
    assert answer["answers"] == {
        "region": {"option": "us", "label": "Virginia"},
        "data": {"options": [{"id": "orders", "label": "Orders"}, {"id": "logs", "label": "Logs"}]},
        "name": {"text": "order-export"},
        "notes": None,
    }
    assert (answer["approved"], answer["decision"], answer["via"]) == (False, None, "form")
    assert await replica.verdicts() == ["opened", "won"]
    assert "order-export" in replica.shown(handle) and not replica.has_buttons(handle)


async def test_mistakes_are_told_under_their_questions_and_nothing_counts(replica: Replica) -> None:
    question, handle = await asking.ask(replica, ASKED)
    view = await asking.opened(replica, question, handle, choice="answers")

    sent = asking.payload(view)
    sent["view"]["state"] = {"values": _state(REGION=None, NAME=" ")}
    body = await asking.send(replica, sent)

    assert body is not None and body["response_action"] == "errors"
    assert body["errors"].keys() == {codec.block_id(REGION), codec.block_id(NAME)}
    assert (await asking.read(replica, question)).status is Status.PENDING
    assert await replica.verdicts() == ["opened", "mistaken"]


async def test_the_same_answers_again_are_recorded_and_others_decide_nothing(replica: Replica) -> None:
    """One answer more or less is another answer, also where what is left is the same."""
    question, handle = await asking.ask(replica, ASKED)
    view = await asking.opened(replica, question, handle, choice="answers")
    for state in (_state(), _state(), _state(DATA=["0"]), _state(NOTES="Soon, please.")):
        sent = asking.payload(view)
        sent["view"]["state"] = {"values": state}
        await asking.send(replica, sent)

    assert await replica.verdicts() == ["opened", "won", "recorded", "decided", "decided"]
    assert (await asking.read(replica, question)).answer["answers"]["notes"] is None  # type: ignore[index]


async def test_a_refusal_needs_no_form(replica: Replica) -> None:
    question, handle = await asking.ask(replica, ASKED | {"decline": True})

    await replica.click(question, handle, choice="decline")

    answer = (await asking.read(replica, question)).answer or {}
    assert (answer["decision"], answer["approved"]) == ("decline", False) and "answers" not in answer
    assert replica.whispers(CHANNEL) == []


def _state(**changes: str | list[str] | None) -> Json:
    """The state of the form as Slack sends it."""
    region, data = changes.get("REGION", "1"), changes.get("DATA", ["0", "2"])
    given: Json = {
        REGION: {"type": "radio_buttons", "selected_option": None if region is None else {"value": region}},
        DATA: {"type": "checkboxes", "selected_options": [{"value": value} for value in data or ()]},
        NAME: {"type": "plain_text_input", "value": changes.get("NAME", "order-export")},
        NOTES: {"type": "plain_text_input", "value": changes.get("NOTES")},
    }
    return {codec.block_id(field): {codec.INPUT: value} for field, value in given.items()}
