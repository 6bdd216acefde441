"""The fields that the requests of all kinds share and that cards show, with their limits.

The request model of a kind extends `Question`. Recipients and responders are not part of it. Limits may be widened,
never narrowed: every later release reads stored interactions through these models. A rule that is newer than stored
rows applies only to what `is_new`.
"""

import json
from typing import Annotated

from pydantic import Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge import exact_text
from bridge.fields import Arguments, Line, Strict, Text, UserId, WebAddress, is_new
from storage.model import Json

_BODY = "Markdown; a text with many hundreds of cells, links or marks is shown as it was written"
MAX_ACTION = 4_096  # bytes of pretty-printed JSON
DECIDED = frozenset({"title", "body", "action"})  # fields of every kind: what a person agrees to


class Action(Strict):
    """What exactly will run if a person agrees."""

    name: Annotated[Line, Field(min_length=1, max_length=150)]
    arguments: Arguments = Field(default_factory=dict)

    @model_validator(mode="after")
    def _short_enough_to_show_whole(self, info: ValidationInfo) -> "Action":
        size = _shown_size({"name": self.name, "arguments": self.arguments}) if is_new(info) else 0
        if size > MAX_ACTION:
            raise PydanticCustomError(
                "action_too_long",
                "must be at most {limit} bytes as indented JSON, because all of it is shown; it is {size}",
                {"limit": MAX_ACTION, "size": size},
            )
        return self


class Fact(Strict):
    """One thing worth knowing before answering."""

    name: Annotated[Line, Field(min_length=1, max_length=80)]
    value: Annotated[Text, Field(max_length=500)]


class Agent(Strict):
    """What the asking program says of itself; shown as its own claim."""

    name: Annotated[Line, Field(min_length=1, max_length=80)] | None = None
    run: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
    url: WebAddress | None = None


class Principal(Strict):
    """The person that the agent says it asks for."""

    user: UserId


class Question(Strict):
    """What is shown on the card of any kind."""

    title: Annotated[Line, Field(min_length=1, max_length=150)]
    body: Annotated[Text, Field(max_length=9_000, description=_BODY)] | None = None
    action: Action | None = None
    facts: Annotated[list[Fact], Field(max_length=10)] = Field(default_factory=list)
    agent: Agent | None = None
    on_behalf_of: Principal | None = None


def _shown_size(action: Json) -> int:
    """The bytes of an action as it is shown; without the escapes, which only add to it, if it is too long anyway."""
    size = len(_indented(action).encode())
    return size if size > MAX_ACTION else len(pretty(action).encode())


def pretty(value: Json) -> str:
    """JSON for people to read: indented, keys sorted, no two different values alike (see `bridge.exact_text`)."""
    return exact_text.escaped(_indented(value))


def _indented(value: Json) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
