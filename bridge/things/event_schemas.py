"""Models of the events of all resources for the OpenAPI description; `representation` writes the JSON of things.

The docstrings of the models are descriptions in the API.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from pydantic import BaseModel, ConfigDict, Field

from bridge.representation.schemas import Event
from bridge.things.apis import APIS
from bridge.things.event_types import OF_THINGS
from bridge.things.schemas import ThingPerson

if TYPE_CHECKING:
    AnyThing: TypeAlias = Any
else:
    AnyThing = Union[tuple(api.schema for api in APIS.values())]  # noqa: UP007  -- of as many as there are nouns


class Change(BaseModel):
    """What happened to a thing: one entry of its history, never newer than the event."""

    model_config = ConfigDict(extra="allow")

    move: str = Field(description="The last part of the type")
    from_: str | None = Field(alias="from", description="The status before; null: there was none")
    to: str | None = Field(description="The status after; null: it did not change")
    by: ThingPerson | None = Field(description="null: the bridge itself")
    reason: str | None = Field(description="Why, if it was said")
    at: datetime = Field(description="When it happened")


class ThingEvent(BaseModel):
    """One thing that happened to a thing of yours, such as a recovery."""

    id: str = Field(examples=["evt_01jdq2r4p0e9qvzz4xa9w7btga"], description="The position to resume after")
    type: str = Field(description="`<noun>.<move>`", json_schema_extra={"enum": list(OF_THINGS)})
    timestamp: datetime = Field(description="When it was recorded")
    data: AnyThing = Field(description="The thing at the time of delivery: as of this event or newer")
    change: Change = Field(description="What happened")


class EventPage(BaseModel):
    """Some of an organization's events, in their order: oldest first."""

    items: list[Event | ThingEvent]
    next_cursor: str | None = Field(
        description="The value of `after` for the next page; null: there are no more events yet"
    )
