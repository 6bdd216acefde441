"""The fields that the requests of all kinds share and that cards show, with their limits.

The request model of a kind extends `Question`. Recipients and responders are not part of it. Limits may be widened,
never narrowed: every later release reads stored interactions through these models. A rule that is newer than stored
rows applies only to what `is_new`.
"""

from typing import Annotated

from pydantic import Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge import exact_text
from bridge.fields import Arguments, Line, Strict, Text, UserId, WebAddress, is_new
from bridge.full_text import MAX_BYTES as MAX_FULL
from bridge.full_text import SentText
from storage import json_text
from storage.model import Json

_BODY = "Markdown; a text with many hundreds of table cells, links or formatting marks is shown unformatted"
MAX_ACTION = 4_096  # bytes of pretty-printed JSON
DECIDED = frozenset({"title", "body", "action"})  # fields of every kind: what a person agrees to


def _action_too_long() -> PydanticCustomError:
    words = "must be at most {limit} bytes as indented JSON, because the card shows all of it"
    return PydanticCustomError("action_too_long", words, {"limit": MAX_ACTION})


class Action(Strict):
    """What exactly will run if a person agrees."""

    name: Annotated[Line, Field(min_length=1, max_length=150)]
    arguments: Arguments = Field(default_factory=dict, description="Shown completely, with every digit of its numbers")
    full: (
        Annotated[
            SentText,
            Field(description=f"At most {MAX_FULL} bytes of UTF-8, such as a diff or a script; shown page by page"),
        ]
        | None
    ) = None

    @model_validator(mode="before")
    @classmethod
    def _short_enough_to_write(cls, value: object, info: ValidationInfo) -> object:
        """Refuse what is far too long before anything is built of it or written."""
        shown = {name: inner for name, inner in value.items() if name != "full"} if isinstance(value, dict) else value
        if is_new(info) and json_text.is_longer(shown, MAX_ACTION, indent=2):
            raise _action_too_long()
        return value

    @model_validator(mode="after")
    def _short_enough_to_show_whole(self, info: ValidationInfo) -> "Action":
        if is_new(info) and len(pretty({"name": self.name, "arguments": self.arguments}).encode()) > MAX_ACTION:
            raise _action_too_long()
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


def pretty(value: Json) -> str:
    """JSON for people to read: indented, keys sorted, no two different values alike (see `bridge.exact_text`)."""
    return exact_text.escaped(_indented(value))


def _indented(value: Json) -> str:
    return json_text.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
