"""Models of what all things have in their resources, for the OpenAPI description; tests compare them with the JSON.

The docstrings of the models are descriptions in the API.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from bridge.question import Agent
from bridge.representation.schemas import AllowedResponders, CardCopy, Recipient


class ThingPerson(BaseModel):
    """A person who did something on a card, or an agent by the name of its key."""

    user: str | None = Field(default=None, description="The Slack user")
    name: str | None = Field(default=None, description="The name of the user in Slack")
    team: str | None = Field(default=None, description="The workspace of the user")
    key: str | None = Field(default=None, description="The name of the key of an agent")


class Thing(BaseModel):
    """What things of all nouns have."""

    id: str = Field(description="Its prefix says what it is, such as `rec_…`")
    status: str = Field(description="What it is now")
    message: str = Field(description="The state in a sentence that a model can act on")
    to: list[Recipient] = Field(description="Where its cards are now")
    responders: AllowedResponders | None = Field(description="As they were given; null: none were")
    outsiders: Literal["refuse", "allow"] = Field(description="Whether people from other organizations can act on it")
    agent: Agent | None = Field(description="What the program that opened it says of itself")
    connection: str = Field(description="`con_…`")
    cards: list[CardCopy] = Field(description="Copies of its card, where they are now")
    tags: list[str] = Field(description="As they were given")
    metadata: dict[str, Any] = Field(description="As it was given")
    callback: str | None = Field(description="As it was given")
    opened_by: str = Field(description="The name of the key that opened it")
    created_at: datetime = Field(description="When it was opened")
    updated_at: datetime = Field(description="When it was last changed")
    ended_at: datetime | None = Field(description="null: it is open")


class ThingMoment(BaseModel):
    """One thing that happened."""

    at: datetime = Field(description="When it happened")
    type: str = Field(description="The type of its event, `interaction.clicked`, `card.…`, `note.…` or `delivery.…`")
    message: str = Field(description="The event in words")
    by: ThingPerson | None = Field(description="null: the bridge itself")
    verdict: str | None = Field(description="For clicks: the result")
    detail: dict[str, Any] = Field(description="The event as fields, which depend on the type")


class ThingTimeline(BaseModel):
    """What a thing is now, and everything that happened to it, oldest first."""

    status: str = Field(description="What it is now")
    message: str = Field(description="The state in words")
    cards: list[CardCopy] = Field(description="`reason` says why a card is not posted yet")
    items: list[ThingMoment] = Field(description="Oldest first")
