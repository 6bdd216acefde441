"""What a sent form contained: its target and its values, and nothing that its inputs cannot contain."""

from typing import Any

import pytest

from bridge import ids
from bridge.forms import codec
from bridge.forms.codec import FormTarget
from bridge.slack.payloads.incoming import FormValues, Submission
from tests import payloads
from tests.bridge.slack.parsing import parsed

INTERACTION = ids.decode("int", payloads.INTERACTION)
assert INTERACTION is not None
TARGET = FormTarget(
    interaction=INTERACTION, choice="deny", channel="C0APPROVALS", ts="1763719200.000100", thread_ts="1763719100.000900"
)


def submission(values: object, **view: Any) -> Submission:
    """The submission of a form with this `state.values`."""
    payload = payloads.load("view_submission")
    payload["view"] |= {
        "callback_id": codec.ANSWER,
        "private_metadata": codec.metadata(TARGET),
        "state": {"values": values},
    } | view
    found = parsed(payloads.form(payload))
    assert isinstance(found, Submission), found
    return found


def text(value: object) -> Any:
    return {codec.INPUT: {"type": "plain_text_input", "value": value}}


def options(*values: object, type: str = "checkboxes") -> Any:
    selected = [{"text": {"type": "plain_text", "text": "One"}, "value": value} for value in values]
    return {codec.INPUT: {"type": type, "selected_options": selected}}


def option(value: object) -> Any:
    selected = value if value is None or isinstance(value, list) else {"text": {"type": "plain_text"}, "value": value}
    return {codec.INPUT: {"type": "static_select", "selected_option": selected}}


def test_a_submission_is_a_click_on_the_card_that_its_form_was_opened_from() -> None:
    sent = submission({})

    click = sent.click
    assert sent.target == TARGET
    assert (click.interaction, click.choice, click.opens) == (INTERACTION, "deny", False)
    assert (click.channel, click.ts, click.thread_ts) == (TARGET.channel, TARGET.ts, TARGET.thread_ts)
    assert (click.claim_id, click.response_url) == (sent.claim_id, None)
    assert (click.user_id, click.user_team, click.installed_team) == ("U0ANA", "T0SANDBOX", "T0SANDBOX")


@pytest.mark.parametrize("metadata", [None, "", "{", "[]", 7, '{"v":1}', '{"v":2}', "x" * 4_000])
def test_a_form_of_another_app_has_no_target(metadata: object) -> None:
    sent = submission({}, private_metadata=metadata)

    assert sent.target is None
    assert (sent.click.interaction, sent.click.choice, sent.click.channel) == (None, None, None)


def test_a_target_that_names_no_message_has_none() -> None:
    forged = codec.metadata(FormTarget(interaction=TARGET.interaction, choice="deny", channel="<!here>", ts="now"))

    click = submission({}, private_metadata=forged).click

    assert (click.channel, click.ts, click.choice) == (None, None, "deny")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"f1_comment": text("Not on a Friday.")}, FormValues(texts={"comment": "Not on a Friday."})),
        ({"f1_comment": text("")}, FormValues(texts={"comment": ""})),
        ({"f1_comment": text(None)}, FormValues(texts={"comment": ""})),
        ({"f1_comment": text("x" * 3_001)}, FormValues(texts={"comment": "x" * 3_001})),
        ({"f1_comment": text("a\x00\ud800")}, FormValues(texts={"comment": "a\x00\ud800"})),
        ({"f1_days": options("0", "2")}, FormValues(selected={"days": ["0", "2"]})),
        ({"f1_days": options(type="multi_static_select")}, FormValues(selected={"days": []})),
        ({"f1_blocker": option("rec_1")}, FormValues(selected={"blocker": ["rec_1"]})),
        ({"f1_blocker": option(None)}, FormValues(selected={"blocker": []})),
        ({"f1_days": options("0", "0", "friday")}, FormValues(selected={"days": ["0", "0", "friday"]})),
        ({"f1_a": text("x"), "f1_b": options("1")}, FormValues(texts={"a": "x"}, selected={"b": ["1"]})),
        ({"f2_comment": text("x"), "f1_a": text("y")}, FormValues(texts={"a": "y"}, is_later=True)),
    ],
)
def test_the_values_of_our_inputs_are_read(values: object, expected: FormValues) -> None:
    assert submission(values).values == expected


@pytest.mark.parametrize(
    "values",
    [
        None,
        7,
        [],
        {},
        "values",
        {"why": {"text": {"type": "plain_text_input", "value": "of another app"}}},
        {"f0_comment": text("x")},
        {"f01_comment": text("x")},
        {"f1_": text("x")},
        {"f1_Comment": text("x")},
        {"f1_comment\n": text("x")},
        {"F1_comment": text("x")},
        {"f1_comment": None},
        {"f1_comment": []},
        {"f1_comment": {"text": {"type": "plain_text_input", "value": "x"}}},
        {"f1_comment": {codec.INPUT: None}},
        {"f1_comment": {codec.INPUT: {"type": "plain_text_input"}}},
        {"f1_comment": {codec.INPUT: {"value": "x"}}},
        {"f1_comment": {codec.INPUT: {"type": "rich_text_input", "value": "7"}}},
        *({"f1_comment": text(value)} for value in (7, True, False, ["x"], {"value": "x"}, 1e308)),
        *({"f1_days": options(value)} for value in (0, None, "", "x" * 151, ["0"])),
        {"f1_days": {codec.INPUT: {"type": "checkboxes", "selected_options": None}}},
        {"f1_days": {codec.INPUT: {"type": "checkboxes", "selected_options": {"value": "0"}}}},
        {"f1_days": {codec.INPUT: {"type": "checkboxes", "selected_options": ["0"]}}},
        {"f1_days": options(*["0"] * 101)},
        *({"f1_blocker": option(value)} for value in (0, "", "x" * 151, ["rec_1"])),
        {"f1_blocker": {codec.INPUT: {"type": "static_select"}}},
    ],
)
def test_what_our_inputs_cannot_contain_is_left_out(values: object) -> None:
    assert submission(values).values == FormValues()


def test_of_very_many_blocks_the_first_hundred_are_read() -> None:
    values = {f"f1_a{number}": text("x") for number in range(500)}

    assert len(submission(values).values.texts) == 100


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (
            [{"type": "input", "block_id": "f1_comment"}, {"type": "input", "block_id": "f2_days"}],
            ["f1_comment", "f2_days"],
        ),
        ([{"type": "section", "block_id": "f1_comment"}, {"type": "input", "block_id": "why"}], []),
        ([None, [], {"type": "input"}, {"type": "input", "block_id": 7}, {"type": "input", "block_id": ["f1_a"]}], []),
        (None, []),
        ({"type": "input", "block_id": "f1_comment"}, []),
        ([{"type": "input", "block_id": f"f1_a{number}"} for number in range(500)], [f"f1_a{n}" for n in range(100)]),
    ],
)
def test_the_inputs_are_those_of_our_forms(blocks: object, expected: list[str]) -> None:
    assert list(submission({}, blocks=blocks).inputs) == expected
