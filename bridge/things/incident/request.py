"""What agents send about an incident: that it begins, what is known of it now, and that it is over.

These are the fields of the noun itself; those that requests of all nouns have are added where the bodies are read.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.fields import FREE, Line, Strict, Words, is_blank

MAX_TITLE = 150  # characters
MAX_DESCRIPTION = 3_000
MAX_MESSAGE = 2_000
MAX_SYSTEMS = 20
MAX_SYSTEM = 80
MAX_RUN = 200
MAX_ID = 100

StatusName = Literal["investigating", "identified", "fixing", "monitoring", "resolved"]
SeverityName = Literal["minor", "major", "critical"]


def _each_once(systems: list[str]) -> list[str]:
    if len(set(systems)) < len(systems):
        raise PydanticCustomError("doubled", "must name each system once")
    return systems


Title = Annotated[Line, Field(min_length=1, max_length=MAX_TITLE), FREE]
Description = Annotated[Words, Field(min_length=1, max_length=MAX_DESCRIPTION, description="Shown on the card"), FREE]
Message = Annotated[Words, Field(min_length=1, max_length=MAX_MESSAGE), FREE]
Systems = Annotated[
    list[Annotated[Line, Field(min_length=1, max_length=MAX_SYSTEM)]],
    Field(min_length=1, max_length=MAX_SYSTEMS, description="What is affected, each once; the order says nothing"),
    AfterValidator(_each_once),
]


class Create(Strict):
    """Open an incident, or reuse the open one of its first system."""

    title: Title
    severity: SeverityName
    systems: Systems
    description: Description | None = None
    initial_message: Message | None = Field(default=None, description="The first update")
    notes: bool = Field(default=True, description="Whether updates are replies to its cards as well")
    suppress_notifications: bool = Field(default=False, description="Whether cards and replies mention no one")
    dedupe_open_for_system: bool = Field(
        default=False,
        description="Whether to reuse the newest open incident that has the first of `systems` among its own",
    )


class NewUpdate(Strict):
    """Say something about an incident, and set its status if one is given."""

    message: Message
    status: StatusName | None = None


class StatusChange(Strict):
    """Set the status of an incident, whatever it is."""

    status: StatusName
    message: Message | None = Field(default=None, description="Left out: names the change")


class Resolve(Strict):
    """Say that an incident is over."""

    message: Message | None = Field(default=None, description="Left out: names the change")


class Patch(Strict):
    """Change what is given, in one transition; the rest stays."""

    title: Title | None = None
    description: Description | None = None
    severity: SeverityName | None = None
    systems: Systems | None = None


class OfRun(Strict):
    """The incident of a run, or the one with this id."""

    run: Annotated[Line, Field(min_length=1, max_length=MAX_RUN)] | None = Field(
        default=None, description="`agent.run` of the request that opened or reused it; the latest counts"
    )
    id: Annotated[str, Field(max_length=MAX_ID)] | None = Field(
        default=None, description="`inc_…`; if it is given and not blank, `run` does not count"
    )

    @property
    def given_id(self) -> str | None:
        """The id, unless it is blank."""
        return None if self.id is None or is_blank(self.id) else self.id

    @model_validator(mode="after")
    def _one_incident(self) -> "OfRun":
        if self.given_id is None and self.run is None:
            raise PydanticCustomError("incident_missing", 'is required, or "id"', {"at": ("run",)})
        return self


class RunUpdate(OfRun, NewUpdate):
    """Say something about the incident of a run, and set its status if one is given."""


class RunStatusChange(OfRun, StatusChange):
    """Set the status of the incident of a run."""


class RunResolve(OfRun, Resolve):
    """Say that the incident of a run is over."""
