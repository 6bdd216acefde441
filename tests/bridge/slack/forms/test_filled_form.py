"""What a person selected of things, in a list that may be another one when the form is sent."""

import pytest

from bridge.forms import codec
from bridge.forms.form import Form, Submitted, ThingField
from bridge.slack.forms import filled_form
from storage.model import Json
from tests.bridge.slack.payloads.test_form_values import option, submission

OFFERED = ThingField(id="blocker", label="Blocked by", things={"rec_1": "build 1"})
EMPTY = ThingField(id="blocker", label="Blocked by", things={})
INPUT = {"type": "input", "block_id": codec.block_id("blocker")}


@pytest.mark.parametrize("field", [OFFERED, EMPTY])
@pytest.mark.parametrize(
    ("values", "selected"),
    [
        ({"f1_blocker": option("rec_2")}, {"blocker": ["rec_2"]}),
        ({"f1_blocker": option(None)}, {"blocker": []}),
        ({}, {}),
    ],
)
def test_what_was_selected_is_its_id_whatever_is_offered_now(
    field: ThingField, values: Json, selected: dict[str, list[str]]
) -> None:
    """A value that is missing although the person saw its input is not taken for an empty one."""
    sent = submission(values, blocks=[INPUT])

    assert filled_form.entered(Form(title="Blocked", fields=[field]), sent) == Submitted(selected=selected)
    assert not filled_form.is_later(Form(title="Blocked", fields=[field]), sent)


@pytest.mark.parametrize("field", [OFFERED, EMPTY])
def test_without_an_input_nothing_is_selected(field: ThingField) -> None:
    sent = submission({}, blocks=[])

    assert filled_form.entered(Form(title="Blocked", fields=[field]), sent) == Submitted(selected={"blocker": []})


def test_an_input_that_the_form_does_not_have_is_of_a_later_release() -> None:
    sent = submission({"f1_blocker": option("rec_1")}, blocks=[INPUT])

    assert filled_form.is_later(Form(title="Blocked", fields=[]), sent)
