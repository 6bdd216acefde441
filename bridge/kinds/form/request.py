"""The request of a form: the schema of the values, what the inputs start with, and the order of the inputs."""

import warnings
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge.card import labels
from bridge.fields import Arguments, Line, is_new
from bridge.forms.form import MAX_TITLE
from bridge.question import Question
from bridge.schemas import order, typed_form
from bridge.schemas.bounds import MAX_FIELDS, MAX_SCHEMA
from bridge.schemas.refusal import Refused

FILL_LABEL = "Fill in…"
DECLINE_LABEL = "Decline"

with warnings.catch_warnings():
    # `schema` is the field's name in the API; the method of pydantic that it replaces is deprecated and used nowhere.
    warnings.filterwarnings("ignore", message='Field name "schema"', category=UserWarning)

    class Request(Question):
        """Values that a person enters in a form, valid against a JSON Schema."""

        kind: Literal["form"]
        schema: Annotated[  # type: ignore[assignment]
            Arguments,
            Field(
                description="JSON Schema (2020-12) of an object, such as that of a pydantic model; "
                f"at most {MAX_SCHEMA} bytes and {MAX_FIELDS} inputs"
            ),
        ]
        initial: Annotated[
            Arguments | None, Field(description="Values that the inputs start with, in place of defaults")
        ] = None
        order: Annotated[
            list[Annotated[str, Field(max_length=500)]] | None,
            Field(
                max_length=MAX_FIELDS,
                description="JSON pointers such as `/address/city`: the order of the inputs, by default the schema's",
            ),
        ] = None
        submit: Annotated[
            Line,
            Field(min_length=1, max_length=MAX_TITLE, description="The text of the button of the form"),
            AfterValidator(labels.at_most(MAX_TITLE)),
            AfterValidator(labels.visible),
        ] = "Submit"
        decline: Annotated[bool, Field(description="Adds a Decline button: people can refuse to answer")] = False

        @model_validator(mode="before")
        @classmethod
        def _ordered(cls, value: Any, info: ValidationInfo) -> Any:
            """The request with the order of the schema's properties, because a database keeps no order of names."""
            if not (is_new(info) and isinstance(value, dict) and isinstance(value.get("schema"), dict)):
                return value
            return value if value.get("order") is not None else value | {"order": order.of(value["schema"])}

        @model_validator(mode="after")
        def _possible(self, info: ValidationInfo) -> "Request":
            if is_new(info):
                try:
                    order.check(self.order or (), self.typed.pointers)
                except Refused as refused:
                    raise PydanticCustomError("schema", "{words}", {"words": refused.words, "at": refused.at}) from None
            return self

        @cached_property
        def typed(self) -> typed_form.TypedForm:
            """The schema as a form; raises Refused."""
            return typed_form.read(self.schema, self.initial, order=self.order)
