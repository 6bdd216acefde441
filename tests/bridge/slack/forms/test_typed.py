"""A typed form: asked by an agent, filled in by a person, and answered with values that are valid by the schema."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bridge.forms import codec
from bridge.kinds.form.examples import EXAMPLES
from storage.model import Json, Status
from tests.bridge.kinds.life import ANA
from tests.bridge.replica import Replica
from tests.bridge.slack.forms import asking
from tests.bridge.slack.forms.asking import CHANNEL

WINDOW = EXAMPLES[1].request


def entered(**changes: Any) -> Json:
    """What a person enters, in the form that the sandbox takes, by the position of the field."""
    values = {"v0": "2026-12-01", "v1": "21:30", "v2": "2.5", "v3": "1", "v4": ["0", "2"], "v5": "ops@example.com"}
    return {codec.block_id(field): {codec.INPUT: value} for field, value in (values | changes).items()}


async def test_the_values_are_valid_against_the_schema_as_it_was_sent(replica: Replica) -> None:
    question, handle = await asking.ask(replica, WINDOW)
    view = await asking.opened(replica, question, handle, choice="fill")
    assert (await asking.read(replica, question)).status is Status.PENDING

    report = await asking.submit(replica, view, values=entered())
    await asking.settled(replica)

    assert (report["status"], report["response"], report["trouble"]) == (200, None, None)
    answer = (await asking.read(replica, question)).answer or {}
    assert answer["values"] == {
        "day": "2026-12-01",
        "begins": "21:30:00Z",
        "hours": 2.5,
        "region": "us-east-1",
        "notify": ["Support", "Customers"],
        "contact": "ops@example.com",
        "note": None,
        "read_only": True,
    }
    jsonschema.validate(json.loads(json.dumps(answer["values"], default=float)), WINDOW["schema"])
    assert (answer["approved"], answer["decision"], answer["via"]) == (False, None, "form")
    assert answer["label"].startswith("Day: 2026-12-01; Begins: 21:30:00Z; Hours: 2.5")
    assert await replica.verdicts() == ["opened", "won"]
    assert "ops@example.com" in replica.shown(handle) and not replica.has_buttons(handle)


async def test_the_form_has_an_element_for_each_type_in_the_order_of_the_schema(replica: Replica) -> None:
    question, handle = await asking.ask(replica, WINDOW)

    view = await asking.opened(replica, question, handle, choice="fill")

    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [(block["label"]["text"], block["element"]["type"]) for block in inputs] == [
        ("Day", "datepicker"),
        ("Begins", "timepicker"),
        ("Hours", "number_input"),
        ("Region", "radio_buttons"),
        ("Notify", "checkboxes"),
        ("Contact", "email_text_input"),
        ("Note", "plain_text_input"),
        ("Read-only meanwhile", "radio_buttons"),
    ]
    assert inputs[2]["element"]["initial_value"] == "2"
    assert inputs[3]["element"]["initial_option"]["text"]["text"] == "eu-central-1"
    assert view["submit"]["text"] == "Schedule it"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"v2": "2.3"}, {"v2": "Please enter a multiple of 0.5."}),
        ({"v2": "9"}, {"v2": "Please enter a number of at most 8."}),
        ({"v0": None, "v5": "ops"}, {"v0": "Please select a date."}),
        ({"v5": "ops"}, {"v5": "Please enter an email address."}),
    ],
)
async def test_a_value_that_the_schema_refuses_is_told_under_its_field_and_can_be_corrected(
    replica: Replica, changes: Json, errors: Json
) -> None:
    question, handle = await asking.ask(replica, WINDOW)
    view = await asking.opened(replica, question, handle, choice="fill")

    report = await asking.submit(replica, view, values=entered(**changes), unchecked=True)

    told = {codec.block_id(field): words for field, words in errors.items()}
    assert report["response"] == {"response_action": "errors", "errors": told} and report["trouble"] is None
    assert (await asking.read(replica, question)).status is Status.PENDING
    await asking.submit(replica, view, values=entered())
    assert await replica.verdicts() == ["opened", "mistaken", "won"]


async def test_the_same_values_again_are_recorded_and_others_decide_nothing(replica: Replica) -> None:
    question, handle = await asking.ask(replica, WINDOW)
    view = await asking.opened(replica, question, handle, choice="fill")
    payload = (await asking.submit(replica, view, values=entered()))["payload"]
    other = json.loads(json.dumps(payload))
    other["view"]["state"]["values"][codec.block_id("v2")][codec.INPUT]["value"] = "3"
    for number, sent in enumerate((payload, other)):
        await asking.send(replica, sent | {"trigger_id": f"1.{number}.abc"})

    assert await replica.verdicts() == ["opened", "won", "recorded", "decided"]


async def test_a_refusal_needs_no_form(replica: Replica) -> None:
    question, handle = await asking.ask(replica, WINDOW)

    await replica.click(question, handle, choice="decline", user=ANA)

    answer = (await asking.read(replica, question)).answer or {}
    assert (answer["decision"], answer["approved"]) == ("decline", False) and "values" not in answer
    assert replica.whispers(CHANNEL) == []


async def test_a_bare_click_enters_no_values(replica: Replica) -> None:
    question, handle = await asking.ask(replica, WINDOW)

    await replica.click(question, handle, choice="fill")

    assert await replica.verdicts() == ["gone"]
    assert (await asking.read(replica, question)).status is Status.PENDING
