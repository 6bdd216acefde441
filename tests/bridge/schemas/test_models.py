"""The schemas of pydantic models work unchanged: shown, answered, valid, and read by the model again."""

import json
from decimal import Decimal

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import BaseModel

from bridge import ids
from bridge.forms import view
from bridge.forms.codec import FormTarget
from bridge.forms.form import FieldErrors, Form, NumberField
from bridge.schemas import typed_form
from sandbox.slack.validator import view as validator
from storage import json_text
from storage.model import Json
from tests.bridge.schemas.answering import filled, given
from tests.bridge.schemas.models import ENTERED, MODELS, Customer, Incident, Labels, Server, Training, Window

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


def answered(model: type[BaseModel], entered: dict[str, str | list[str]] | None = None) -> Json:
    form = typed_form.read(model.model_json_schema())
    return given(form, filled(form.fields, ENTERED.get(model, {}) | (entered or {})))


@every_model
def test_slack_shows_it(model: type[BaseModel]) -> None:
    fields = typed_form.read(model.model_json_schema()).fields

    shown = view.modal(
        Form(title="Form", fields=fields), question="What?", target=FormTarget(interaction=ids.new(), choice="fill")
    )

    assert validator.problems(shown, kinds=("modal",)) == []
    labels = [field.label for field in fields]
    assert len(set(labels)) == len(labels)


@every_model
def test_the_answer_is_valid_for_another_validator_and_for_the_model(model: type[BaseModel]) -> None:
    values = answered(model)

    written = json_text.dumps(values)
    jsonschema.validate(json.loads(written), model.model_json_schema(), jsonschema.Draft202012Validator)
    assert model.model_validate_json(written).model_dump(mode="json", by_alias=True).keys() == values.keys()


def test_what_it_starts_with_is_its_defaults() -> None:
    starts = {
        field.label: field.initial
        for field in typed_form.read(Training.model_json_schema()).fields
        if isinstance(field, NumberField)
    }
    assert starts == {"Rate": Decimal("0.001"), "Epochs": 10, "Dropout": None, "Randomseed": 42}


def test_an_object_in_the_form_is_left_out_as_a_whole_or_filled_in_as_a_whole() -> None:
    form = typed_form.read(Customer.model_json_schema())
    entered = ENTERED[Customer]
    assert given(form, filled(form.fields, entered))["delivery"] is None

    partly = form.values(filled(form.fields, entered | {"Delivery: Street": "Side Street 2"}))
    assert isinstance(partly, FieldErrors)
    wrong = {field.label: partly.messages.get(field.id) for field in form.fields}
    assert wrong["Delivery: Zip"] == "Please fill this in too."
    assert [label for label, words in wrong.items() if words] == ["Delivery: Zip"]

    whole = entered | {"Delivery: Street": "Side Street 2", "Delivery: Zip": "20095"}
    assert given(form, filled(form.fields, whole))["delivery"] == {"street": "Side Street 2", "zip": "20095"}


def test_a_time_is_in_utc_and_a_moment_is_an_instant() -> None:
    values = answered(Window)

    assert (values["begins"], values["decided"]) == ("22:30:00Z", "2026-01-31T09:30:00Z")


def test_constants_keep_their_types() -> None:
    assert answered(Server)["port"] == 443
    assert answered(Incident)["region"] == "eu"


def test_a_list_has_a_line_for_each_value() -> None:
    values = answered(Labels, {"Tags": "a, b\n\n  c  \n", "Ports": "1\n2"})

    assert (values["tags"], values["ports"]) == (["a, b", "c"], [1, 2])


def test_what_is_wrong_in_a_list_is_told_under_its_input() -> None:
    form = typed_form.read(Labels.model_json_schema())

    for entered, words in {
        "1\n2\n3\n4": "Please give at most 3.",
        "one": "Please enter a whole number.",
    }.items():
        refused = form.values(filled(form.fields, ENTERED[Labels] | {"Ports": entered}))
        assert isinstance(refused, FieldErrors)
        assert list(refused.messages.values()) == [words]
