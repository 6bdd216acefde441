"""The fields that requests of all kinds have: recipients, responders, deadline, and what lists find it by."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bridge.fields import MAX_WEB_ADDRESS, WHOLE, Arguments, ChannelId, Line, Strict, Ts, UserId
from storage import json_text

MAX_METADATA = 16 * 1024  # bytes of JSON


class Address(Strict):
    """One place for a card: a person's direct messages, or a conversation and maybe a thread in it."""

    user: UserId | None = None
    channel: ChannelId | None = None
    thread_ts: Ts | None = None

    @model_validator(mode="after")
    def _one_recipient(self) -> "Address":
        if self.user is None and self.channel is None:
            raise PydanticCustomError("address", 'must have "user" or "channel"')
        if self.user is not None and self.channel is not None:
            raise PydanticCustomError("address", 'must have "user" or "channel", not both')
        if self.user is not None and self.thread_ts is not None:
            raise PydanticCustomError("address", 'must have "thread_ts" only together with "channel"')
        return self


class Responders(Strict):
    """Who may answer: named people, or everyone who can see the card."""

    users: Annotated[list[UserId], Field(min_length=1, max_length=50)] | None = None
    anyone_in_channel: bool | None = None
    outsiders: Annotated[Literal["refuse", "allow"], Field(description="People of other organizations")] = "refuse"

    @model_validator(mode="after")
    def _one_rule(self) -> "Responders":
        if self.users is None and not self.anyone_in_channel:
            raise PydanticCustomError("responders", 'must have "users" or "anyone_in_channel": true')
        if self.users is not None and self.anyone_in_channel:
            raise PydanticCustomError("responders", 'must have "users" or "anyone_in_channel": true, not both')
        return self


def _as_list(to: object) -> object:
    if isinstance(to, list):
        return to
    if isinstance(to, dict):
        return [to]
    raise PydanticCustomError("to", 'must be {"user": "U…"}, {"channel": "C…"}, or a list of these')


def _all_different(to: list[Address]) -> list[Address]:
    if len(set(to)) < len(to):
        raise PydanticCustomError("to_twice", "must not name the same recipient twice")
    return to


def _small(metadata: object) -> object:
    if json_text.is_longer(metadata, MAX_METADATA):
        raise PydanticCustomError(
            "metadata_too_long",
            "must be at most {max_bytes} bytes as JSON, with numbers written without exponents",
            {"max_bytes": MAX_METADATA},
        )
    return metadata


def _without_words(decision: object) -> object:
    if decision == "respond":
        raise PydanticCustomError(
            "on_expiry", 'cannot be "respond", because a reply needs words of a person: use "approve" or "deny"'
        )
    return decision


class OnExpiry(Strict):
    """The answer that counts when no one answers in time, as the answer itself would say it; one that needs no form."""

    decision: Annotated[
        Literal["approve", "deny", "decline"] | None,
        BeforeValidator(_without_words, json_schema_input_type=Literal["approve", "deny", "decline"] | None),
    ] = None
    option: Annotated[str, Field(max_length=100, description="The id of an option")] | None = None
    text: Annotated[str, Field(max_length=100, description="One of the suggestions of a text")] | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> "OnExpiry":
        given = [value for value in (self.decision, self.option, self.text) if value is not None]
        if not given:
            raise PydanticCustomError("on_expiry", 'must have "decision", "option" or "text"')
        if len(given) > 1:
            raise PydanticCustomError("on_expiry", 'must have only one of "decision", "option" and "text"')
        return self


_Addresses: TypeAlias = Annotated[list[Address], Field(min_length=1, max_length=10)]
Recipients: TypeAlias = Annotated[
    _Addresses,
    AfterValidator(_all_different),
    BeforeValidator(_as_list, json_schema_input_type=Address | _Addresses),
]
ConnectionText: TypeAlias = Annotated[str, Field(max_length=100)]
Callback: TypeAlias = Annotated[str, Field(max_length=MAX_WEB_ADDRESS)]
Tags: TypeAlias = Annotated[list[Annotated[Line, Field(min_length=1, max_length=80)]], Field(max_length=20)]
Metadata: TypeAlias = Annotated[Arguments, BeforeValidator(_small)]
METADATA: Final = "At most 16 KB as JSON; returned unchanged, with every digit of its numbers"


def check_responders(to: list[Address], responders: Responders | None) -> None:
    """Require among people a responder who gets a card."""
    named = set(responders.users or ()) if responders is not None else set()
    has_channel = any(address.channel for address in to)
    if to and named and not has_channel and named.isdisjoint(address.user for address in to):
        raise PydanticCustomError(
            "responders_elsewhere",
            'must include at least one person in "to": no one else can see the card in their direct messages',
        )


class Routing(Strict):
    """Where a question goes, who may answer it, until when, and what the agent wants to find it by."""

    to: Recipients
    responders: Responders | None = Field(
        default=None,
        validate_default=True,
        description="Required for a channel; otherwise the people in `to` can answer",
    )
    connection: ConnectionText | None = Field(
        default=None, description="`con_…`; required only if the organization has several"
    )
    expires_in: Annotated[int, Field(ge=60, le=2_592_000, description="Seconds"), WHOLE] = 86_400
    on_expiry: OnExpiry | None = Field(
        default=None, description="The default answer at the deadline; recorded only if a person could have seen a card"
    )
    supersedes: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description="`int_…`: a pending interaction that this one replaces"
    )
    callback: Callback | None = Field(
        default=None, description="`https://…`: receives a webhook once the question has ended"
    )
    tags: Tags = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict, description=METADATA)

    @property
    def responder_ids(self) -> list[str] | None:
        """The ids of the responders; None for everyone who can see the card."""
        if self.responders is None:
            return list(dict.fromkeys(address.user for address in self.to if address.user))
        return None if self.responders.users is None else list(dict.fromkeys(self.responders.users))

    @property
    def outsiders(self) -> bool:
        """Whether people from other organizations can answer."""
        return self.responders is not None and self.responders.outsiders == "allow"

    @field_validator("responders")
    @classmethod
    def _responders_given(cls, responders: Responders | None, info: ValidationInfo) -> Responders | None:
        """Require `responders` for a channel, and among people a responder who gets a card.

        `to` was validated before, so it is known here unless it was invalid.
        """
        to: list[Address] = info.data.get("to", [])
        check_responders(to, responders)
        if responders is None and any(address.channel for address in to):
            raise PydanticCustomError(
                "responders_missing",
                'is required for a channel: {"users": ["U…"]}, or {"anyone_in_channel": true} for all its members',
            )
        return responders
