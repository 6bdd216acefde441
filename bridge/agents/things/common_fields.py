"""The fields that requests about things of every noun have, as requests about questions have them."""

from functools import cache
from typing import Annotated, Any, Final

from pydantic import Field, ValidationInfo, create_model, field_validator

from bridge.agents.http import webhook_url
from bridge.agents.http.problems import ApiProblem
from bridge.agents.interactions.common_fields import (
    METADATA,
    Address,
    Callback,
    ConnectionText,
    Metadata,
    Recipients,
    Responders,
    Tags,
    check_responders,
)
from bridge.agents.interactions.opening import choose_connection
from bridge.fields import FREE, Strict
from bridge.question import Agent
from bridge.things.operations import Common, Operation, Wrong
from bridge.things.secrets import WithSecrets
from bridge.webhooks.outgoing import Webhooks
from storage.model import Connection, Json, Key
from storage.pool import Database

TO: Final = "Where its cards are. Left out: the connection's default channel; if there is none, there is no card"
RESPONDERS: Final = "Who may act on it. Left out: everyone who can see a card"


class ThingFields(Strict):
    """Where the cards of a thing are, who may act on it, and what the agent wants to find it by."""

    to: Recipients | None = Field(default=None, description=TO)
    responders: Responders | None = Field(default=None, description=RESPONDERS)
    connection: ConnectionText | None = Field(
        default=None, description="`con_…`; required only if the organization has several, and the thing is new"
    )
    agent: Agent | None = Field(default=None, description="What your program says of itself")
    callback: Callback | None = Field(
        default=None, description="`https://…`: receives a webhook for each of its events"
    )
    tags: Tags = Field(default_factory=list, description="To find it by")
    metadata: Annotated[Metadata, FREE] = Field(default_factory=dict, description=METADATA)

    @field_validator("responders")
    @classmethod
    def _who_sees_a_card(cls, responders: Responders | None, info: ValidationInfo) -> Responders | None:
        """Require among people a responder who gets a card; `to` was validated before."""
        check_responders(info.data.get("to") or [], responders)
        return responders


class Showing(WithSecrets):
    """Where to show a thing too."""

    to: Recipients = Field(description="Where to show it too")


@cache
def model(noun: str, operation: Operation) -> type[Strict]:
    """The model of the body of an operation: the fields of its noun, and the common ones where it takes them."""
    body = operation.body
    bases = (ThingFields, WithSecrets, body) if operation.has_common else (WithSecrets, body)
    described: dict[str, Any] = {
        name: (ThingFields.model_fields[name].annotation, Field(default=None, description=description))
        for name, description in operation.left_out
    }
    return create_model(f"{noun.capitalize()}{body.__name__}", __base__=bases, __doc__=body.__doc__, **described)


async def common(db: Database, key: Key, fields: ThingFields, webhooks: Webhooks) -> Common:
    """The common fields of a body; raises ApiProblem if its callback may not be called."""
    if fields.callback is not None:
        webhook_url.address(fields.callback, webhooks, pointer="/callback")
    responders = fields.responders
    return Common(
        given=frozenset(
            name
            for name in ThingFields.model_fields
            if name in fields.model_fields_set and getattr(fields, name) is not None
        ),
        to=_addresses(fields.to),
        responders=list(dict.fromkeys(responders.users)) if responders and responders.users else None,
        anyone=responders is not None and responders.users is None,
        outsiders=responders is not None and responders.outsiders == "allow",
        agent=fields.agent.model_dump(mode="json", exclude_none=True) if fields.agent else None,
        tags=fields.tags,
        metadata=fields.metadata,
        callback=fields.callback,
        connection=await _connection(db, key, fields.connection),
    )


def addresses(to: list[Address]) -> list[Json]:
    """Addresses as rows have them."""
    return [address.model_dump(exclude_none=True) for address in to]


def _addresses(to: list[Address] | None) -> list[Json] | None:
    return addresses(to) if to is not None else None


async def _connection(db: Database, key: Key, text: str | None) -> Connection | Wrong:
    """The connection of a new thing, or why there is none: a thing that is open already needs no other one."""
    try:
        return await choose_connection(db, key, text)
    except ApiProblem as problem:
        if not problem.errors:
            raise
        pointer, message = problem.errors[0]
        return Wrong(pointer=pointer, message=message)
