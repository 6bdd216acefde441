"""What an agent may send about webhooks: an endpoint, and what of it is to be sent again."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from bridge.agents.http import problems, validation_errors
from bridge.fields import MAX_WEB_ADDRESS, Strict
from storage.model import EventType, Json

M = TypeVar("M", bound=Strict)

_YEARS = range(1970, 9000)  # that a database and every zone can say


def _all_different(types: list[EventType] | None) -> list[EventType] | None:
    if types and len(set(types)) < len(types):
        raise PydanticCustomError("types_twice", "must not name a type twice")
    return types


def _moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or found.year not in _YEARS:
        raise PydanticCustomError("moment", "must be a time with its zone, such as 2026-11-21T10:05:00Z")
    return found.astimezone(UTC)


_Url: TypeAlias = Annotated[str, Field(max_length=MAX_WEB_ADDRESS)]
_Types: TypeAlias = Annotated[
    list[Annotated[EventType, Field(strict=False)]],
    Field(min_length=1, max_length=len(EventType)),
    AfterValidator(_all_different),
]


class NewEndpoint(Strict):
    """Where an organization wants to be called, and about what."""

    url: Annotated[_Url, Field(description="`https://…`, in the public internet")]
    types: _Types | None = Field(default=None, description="Left out: every final status")


class ChangedEndpoint(Strict):
    """What is to be different about an endpoint."""

    url: _Url | None = Field(default=None, description="Left out: as it is")
    types: _Types | None = Field(default=None, description="Left out: as they are; null: every final status")

    @property
    def same_types(self) -> bool:
        """Whether they were left out, which is not the same as null."""
        return "types" not in self.model_fields_set


class Replay(Strict):
    """Which deliveries are to be made anew."""

    since: Annotated[datetime, BeforeValidator(_moment)] | None = Field(
        default=None, description="Everything from then on, delivered or not; left out: what is dead"
    )


def validate(model: type[M], body: Json) -> M:
    """A body as this model; raises Problem."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = [
            (validation_errors.pointer(body, wrong), validation_errors.words(wrong))
            for wrong in error.errors(include_url=False)
        ]
        raise problems.invalid(*found[0], others=found[1:]) from None
