"""The models of an incident's resource for the OpenAPI description; tests compare them with what `resource` writes."""

from datetime import datetime

from pydantic import BaseModel, Field

from bridge.things.incident.request import SeverityName, StatusName
from bridge.things.schemas import Thing, ThingPerson


class IncidentUpdate(BaseModel):
    """What a person or an agent said of an incident, or changed of it."""

    id: str = Field(examples=["upd_01jdq2r4p0e9qvzz4xa9w7btga"], description="`upd_…`")
    message: str = Field(description="What was said; if nothing was, the change in words")
    status: StatusName | None = Field(description="The status that it set; null: it set none")
    by: ThingPerson = Field(description="Who made it")
    at: datetime = Field(description="When it was made")


class Incident(Thing):
    """An incident: something is wrong with systems, and one card says how it stands."""

    id: str = Field(examples=["inc_01jdq2r4p0e9qvzz4xa9w7btga"], description="`inc_…`")
    status: StatusName = Field(description="All but `resolved` are open; from each, each other can be set")
    title: str = Field(description="What is wrong")
    description: str | None = Field(description="What else is known")
    severity: SeverityName = Field(description="How bad it is")
    status_by: ThingPerson = Field(description="Who set the status")
    status_at: datetime = Field(description="Since when it has this status")
    systems: list[str] = Field(description="What is affected, each once; the order says nothing")
    resolved_at: datetime | None = Field(description="When it was resolved; null: it is open")
    notes: bool = Field(description="Whether updates are replies to its cards as well")
    suppress_notifications: bool = Field(description="Whether cards and replies mention no one")
    update_count: int = Field(description="How many updates there are")
    updates: list[IncidentUpdate] = Field(description="The latest 20, newest first")


class IncidentUpdated(Incident):
    """An incident after an update."""

    update: IncidentUpdate = Field(description="The update that the request made")


class IncidentOpened(Incident):
    """An incident that was opened or reused."""

    reused: bool = Field(description="Whether it was open before, and the request changed nothing of it")
