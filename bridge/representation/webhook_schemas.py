"""Models of the resources about webhooks for the OpenAPI description; `webhook_endpoint` writes the JSON.

The docstrings of the models are descriptions in the API.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from storage.model import DeliveryStatus


class Endpoint(BaseModel):
    """Where an organization wants to be called."""

    id: str = Field(examples=["whe_01jdq2r4p0e9qvzz4xa9w7btga"])
    url: str
    types: list[str] | None
    status: Literal["active", "disabled"]
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    rotated_at: datetime | None
    disabled_at: datetime | None


class EndpointSecret(Endpoint):
    """An endpoint with its secret, which is told nowhere else."""

    secret: str


class EndpointPage(BaseModel):
    """Some of the endpoints of an organization, active ones first."""

    items: list[Endpoint]
    next_cursor: str | None
    callback_secret: str | None


class Attempt(BaseModel):
    """What came of one attempt."""

    id: str
    delivered: bool
    status: int | None
    detail: str


class Outcome(BaseModel):
    """What the last attempt met."""

    status: int | None
    detail: str


class Delivery(BaseModel):
    """What became of one delivery so far."""

    event: str
    type: str
    interaction: str | None = Field(description="`int_…`, or null: it is of a thing")
    thing: str | None = Field(description="The thing, such as `rec_…`, or null: it is of a question")
    status: DeliveryStatus
    failures: int
    last: Outcome | None
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


class DeliveryPage(BaseModel):
    """Some of the deliveries to one endpoint, newest event first."""

    items: list[Delivery]
    next_cursor: str | None


class Replayed(BaseModel):
    """How much is on its way once more."""

    replayed: int
