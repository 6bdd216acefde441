"""The bodies that agents send about webhooks: a new or changed endpoint, and which deliveries to repeat."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bridge.fields import MAX_WEB_ADDRESS, Strict
from bridge.things import event_types

_YEARS = range(1970, 9000)  # that PostgreSQL can store in every time zone


def _all_different(types: list[str] | None) -> list[str] | None:
    if types and len(set(types)) < len(types):
        raise PydanticCustomError("types_twice", "must not name the same type twice")
    return types


def _known(type: str) -> str:
    if type not in event_types.ACCEPTED:
        known = ", ".join(f'"{each}"' for each in event_types.ACCEPTED[:-1])
        last = event_types.ACCEPTED[-1]
        raise PydanticCustomError("event_type", 'must be {known} or "{last}"', {"known": known, "last": last})
    return type


def _moment(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.year not in _YEARS:
        raise PydanticCustomError("moment", "must be a time with its zone, such as 2026-11-21T10:05:00Z")
    return at.astimezone(UTC)


_Url: TypeAlias = Annotated[str, Field(max_length=MAX_WEB_ADDRESS)]
_Types: TypeAlias = Annotated[
    list[Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(event_types.ACCEPTED)})]],
    Field(min_length=1, max_length=len(event_types.ACCEPTED)),
    AfterValidator(_all_different),
]


class NewEndpoint(Strict):
    """Where an organization wants to be called, and about what."""

    url: Annotated[_Url, Field(description="`https://…`, on the public internet")]
    types: _Types | None = Field(default=None, description="Default: every final status")


class ChangedEndpoint(Strict):
    """What is to be different about an endpoint."""

    url: _Url | None = Field(default=None, description="Default: unchanged")
    types: _Types | None = Field(default=None, description="Default: unchanged; null: every final status")

    @property
    def same_types(self) -> bool:
        """Whether `types` was left out, which keeps them; null changes them to every final status."""
        return "types" not in self.model_fields_set


class Replay(Strict):
    """Which deliveries are to be made anew."""

    since: Annotated[datetime, BeforeValidator(_moment)] | None = Field(
        default=None, description="All deliveries since then, delivered or not; default: those that were given up"
    )
