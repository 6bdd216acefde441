"""What an agent may send: the kind's own question, how it is to be routed, and why it is withdrawn."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bridge import ids
from bridge.agents import mistakes
from bridge.agents.problems import BAD_PARAMETER, INVALID, Problem
from bridge.fields import Arguments, Line, Strict, Text, UserId
from bridge.kind import Kind
from bridge.kinds import KINDS
from storage.model import Json

MOST_METADATA = 16 * 1024
MOST_WAIT = 60.0
_SECONDS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,40})?(e-[0-9]{1,3})?")  # as languages write a short time
MOST_ERRORS = 20  # of one body that are told; who sends more mistakes finds the rest after these
_KEY = re.compile(r'"([!#-\[\]-~]{1,255})"|([!#-\[\]-~]{1,255})')
KEY_PATTERN = f"^({_KEY.pattern})$"

ChannelId: TypeAlias = Annotated[str, Field(pattern=mistakes.CHANNEL, description="A Slack conversation id")]
Ts: TypeAlias = Annotated[str, Field(pattern=mistakes.TS, description="A Slack message's ts")]


class Address(Strict):
    """One place for a card: a person's direct messages, or a conversation and maybe a thread in it."""

    user: UserId | None = None
    channel: ChannelId | None = None
    thread_ts: Ts | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Address":
        if (self.user is None) == (self.channel is None):
            raise PydanticCustomError("address", 'must have either "user" or "channel"')
        if self.user is not None and self.thread_ts is not None:
            raise PydanticCustomError("address", '"thread_ts" goes with "channel"')
        return self


class Responders(Strict):
    """Who may answer: named people, or everyone who can see the card."""

    users: Annotated[list[UserId], Field(min_length=1, max_length=50)] | None = None
    anyone_in_channel: bool | None = None
    outsiders: Annotated[str, Field(pattern=mistakes.OUTSIDERS, description="People of other organizations")] = "refuse"

    @model_validator(mode="after")
    def _one_rule(self) -> "Responders":
        if (self.users is None) == (self.anyone_in_channel is not True):
            raise PydanticCustomError("responders", 'must have either "users" or "anyone_in_channel": true')
        return self


def _listed(to: object) -> object:
    if isinstance(to, list):
        return to
    if isinstance(to, dict):
        return [to]
    raise PydanticCustomError("to", 'must be {"user": "U…"}, {"channel": "C…"}, or a list of these')


def _all_different(to: list[Address]) -> list[Address]:
    if len(set(to)) < len(to):
        raise PydanticCustomError("to_twice", "must not name a place twice")
    return to


def _small(metadata: Json) -> Json:
    if (size := len(json.dumps(metadata, ensure_ascii=False).encode())) > MOST_METADATA:
        raise PydanticCustomError(
            "metadata_too_long",
            "must be at most {most} bytes as JSON; it is {size}",
            {"most": MOST_METADATA, "size": size},
        )
    return metadata


class OnExpiry(Strict):
    """The answer that counts when nobody gives one in time, as the answer itself would say it."""

    decision: Literal["approve", "deny"] | None = None
    option: Annotated[str, Field(max_length=100, description="The id of an option")] | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> "OnExpiry":
        if (self.decision is None) == (self.option is None):
            raise PydanticCustomError("on_expiry", 'must have either "decision" or "option"')
        return self


class Cancellation(Strict):
    """Why a question is withdrawn."""

    reason: (
        Annotated[Text, Field(max_length=500, description="Shown on the card, and told to whoever still clicks")] | None
    ) = None


_Addresses: TypeAlias = Annotated[list[Address], Field(min_length=1, max_length=10)]


class Routing(Strict):
    """Where a question goes, who may answer it, until when, and what the agent wants to find it by."""

    to: Annotated[
        _Addresses,
        AfterValidator(_all_different),
        BeforeValidator(_listed, json_schema_input_type=Address | _Addresses),
    ]
    responders: Responders | None = Field(
        default=None, validate_default=True, description="Needed for a channel; else the people in `to` may answer"
    )
    connection: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description="`con_…`; needed only when there are several"
    )
    expires_in: Annotated[int, Field(ge=60, le=2_592_000, description="Seconds")] = 86_400
    on_expiry: OnExpiry | None = Field(
        default=None, description="The default answer; it counts only if somebody could have seen a card"
    )
    supersedes: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description="`int_…`: a pending interaction that this one replaces"
    )
    tags: Annotated[list[Annotated[Line, Field(min_length=1, max_length=80)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    metadata: Annotated[Arguments, AfterValidator(_small)] = Field(
        default_factory=dict, description="At most 16 KB as JSON; returned untouched"
    )

    @property
    def responder_ids(self) -> list[str] | None:
        """The people who may answer; None for everyone who can see the card."""
        if self.responders is None:
            return list(dict.fromkeys(address.user for address in self.to if address.user))
        return None if self.responders.users is None else list(dict.fromkeys(self.responders.users))

    @property
    def outsiders(self) -> bool:
        """Whether people of other organizations may answer."""
        return self.responders is not None and self.responders.outsiders == "allow"

    @field_validator("responders")
    @classmethod
    def _somebody_may_answer(cls, responders: Responders | None, info: ValidationInfo) -> Responders | None:
        """`to` comes first in this class, so it is known here unless it was wrong itself."""
        if responders is None and any(address.channel for address in info.data.get("to", ())):
            raise PydanticCustomError(
                "responders_missing",
                'must be given for a channel: {"users": ["U…"]}, or {"anyone_in_channel": true} for everyone in it',
            )
        return responders


M = TypeVar("M", bound=Strict)


def model(kind: Kind[Any]) -> type[Routing]:
    """The whole body for one kind."""
    name = f"Create{kind.name.capitalize()}"
    return create_model(name, __base__=(Routing, kind.request), __doc__=f"Ask: {kind.request.__doc__}")


MODELS: dict[str, type[Routing]] = {name: model(kind) for name, kind in KINDS.items()}


def validate(body: Json) -> tuple[Kind[Any], Routing, Any]:
    """A body's kind, and the body as routing and as the kind's request (one object, two views); raises Problem."""
    name = body.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(f'"{known}"' for known in KINDS)
        raise Problem(INVALID, f"kind must be one of {known}.", errors=[("/kind", f"must be one of {known}")])
    valid = _valid(MODELS[kind.name], body)
    return kind, valid, valid


def cancellation(body: Json) -> str:
    """The reason in the body of a cancellation, or nothing; raises Problem."""
    return (_valid(Cancellation, body).reason or "").strip()


def on_expiry(kind: Kind[Any], routing: Routing, asked: Any) -> str | None:
    """The choice that counts when the deadline passes, if one was named; raises Problem."""
    if routing.on_expiry is None:
        return None
    wanted = routing.on_expiry.model_dump(exclude_none=True)
    if (choice := kind.choice_of(asked, wanted)) is None:
        told = f"must be an answer that this {kind.name} can have"
        raise Problem(INVALID, f"on_expiry {told}.", errors=[(f"/on_expiry/{next(iter(wanted))}", told)])
    return choice


def _valid(model: type[M], body: Json) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = [(mistakes.pointer(body, wrong), mistakes.told(wrong)) for wrong in error.errors(include_url=False)]
        first = f"{found[0][0][:200] or 'The body'} {found[0][1]}"
        detail = f"{first}." if len(found) == 1 else f"{first}; and {len(found) - 1} more."
        raise Problem(INVALID, detail, errors=found[:MOST_ERRORS]) from None


def fingerprint(body: Json) -> bytes:
    """What an idempotency key stands for: SHA-256 of the body as JSON, whatever the order of its names."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).digest()


def idempotency_key(headers: Sequence[str]) -> str | None:
    """The key in the Idempotency-Key headers of a request, bare or quoted; raises Problem."""
    if not headers:
        return None
    if len(headers) > 1 or not (match := _KEY.fullmatch(headers[0].strip())):
        raise Problem(
            BAD_PARAMETER,
            'Idempotency-Key must be sent once and have 1 to 255 visible ASCII characters other than " and \\; '
            "the whole may be put in double quotes.",
        )
    return match[1] or match[2]


def wait(text: str | None) -> float:
    """The seconds of `?wait=`, 0 to 60; raises Problem."""
    if text is None:
        return 0.0
    if not _SECONDS.fullmatch(text) or (seconds := float(text)) > MOST_WAIT:
        raise Problem(BAD_PARAMETER, f"wait must be a number of seconds from 0 to {MOST_WAIT:.0f}.")
    return seconds


def interaction_id(text: str) -> UUID | None:
    """The id in a path; None for what is none."""
    return ids.decode("int", text)
