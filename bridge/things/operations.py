"""The contract of what agents can do to things of one noun: operations with a body, and filters of the list.

Nothing here knows HTTP: an operation gets a validated body and returns an outcome, and `bridge.agents.things` makes
requests and responses of these. Every noun has its own in `bridge/things/<noun>/operations.py`, as `API`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Literal, TypeAlias, TypeVar
from uuid import UUID

from pydantic import BaseModel

from bridge.fields import Strict
from bridge.things.contract import Noun
from bridge.things.filters import Filter
from bridge.things.transactions import Settled
from bridge.webhooks import target
from storage.model import Connection, Json, Key, Thing
from storage.pool import Database
from storage.things import LockedConnection, Opening, Request, ThingRow

R = TypeVar("R")  # the row of a noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """The body cannot be accepted: `message` continues a sentence that begins with `pointer`. Nothing was done."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[R]):
    """The thing after an operation, also one that had nothing left to do."""

    settled: Settled[R]
    is_new: bool = False  # the operation has opened it
    has_added: bool = False  # the operation has made something that belongs to it
    extra: Json = field(default_factory=dict)  # what the response has beside the resource
    also: Sequence[Settled[R]] = ()  # other things that the operation has changed
    is_pinned: bool = False  # the response has the thing as the operation left it, whatever became of it since then


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Things that an operation has looked for, in the order in which they are returned. Nothing was done."""

    ids: Sequence[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSuchThing:
    """There is no thing to do this to."""

    detail: str | None = None  # None: the id is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class IllegalMove:
    """The status of the thing does not have this move. Nothing was done."""

    id: UUID
    detail: str  # which status it has, and the moves of this status
    missing: Sequence[str] = ()  # ids of what must be done before, as agents know them


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Another one has what the request is about: `stale_fence` the lease, `id_taken` the id. Nothing was done."""

    code: Literal["stale_fence", "id_taken"]
    id: UUID  # of the thing
    detail: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do this to now, which is no mistake; an operation that waits is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept(Generic[R]):
    """Several things that an operation has changed, none of which it named. The response is their ids."""

    settled: Sequence[Settled[R]]


@dataclass(frozen=True, slots=True)
class TooManyThings:
    """The organization has as many open things as it may. Nothing was done."""


Outcome: TypeAlias = (
    Done[Any] | Swept[Any] | Found | Nothing | NoSuchThing | IllegalMove | Conflict | TooManyThings | Wrong
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What requests about things of every noun can say beside the fields of the noun."""

    given: frozenset[str]  # the fields that were given: a repeated report keeps what it does not give
    to: list[Json] | None
    responders: list[str] | None
    anyone: bool  # everyone who can see a card
    outsiders: bool  # people from other organizations too
    agent: Json | None
    tags: list[str]
    metadata: Json
    callback: str | None
    connection: Connection | Wrong  # of a new thing

    def opening(self, connection: Connection, key: Key, noun: str, *, id: UUID, now: datetime) -> Opening:
        """The values of a new thing of this noun."""
        return Opening(
            scope=connection.scope,
            id=id,
            noun=noun,
            key_id=key.id,
            opened_by=key.name,
            now=now,
            asked_addresses=self.to,
            responders=self.responders,
            anyone=self.anyone,
            home_teams=None if self.outsiders else connection.home_teams,
            agent=self.agent,
            tags=self.tags,
            metadata=self.metadata,
            callback=self.callback,
            callback_target=callback_target(self.callback),
        )

    def changed(self, thing: Thing, connection: LockedConnection) -> Thing:
        """The thing with what was given anew."""
        changes: Json = {
            name: getattr(self, name) for name in ("agent", "tags", "metadata", "callback") if name in self.given
        }
        if "to" in self.given:
            changes["asked_addresses"] = self.to
        if "responders" in self.given:
            home_teams = None if self.outsiders else connection.home_teams
            changes |= {"responders": self.responders, "anyone": self.anyone, "home_teams": home_teams}
        return replace(thing, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an operation works with."""

    db: Database
    key: Key
    common: Common | None  # None: the operation takes none
    request: Request | None  # its Idempotency-Key, which must be stored with what the operation does
    seconds: float  # of a transaction
    may_open: Callable[[], Awaitable[bool]]  # whether the organization may have one more open thing
    turn: Callable[[str], AbstractAsyncContextManager[None]]  # one at a time on this replica for each name

    @property
    def organization_id(self) -> UUID:
        """The organization that owns the key."""
        return self.key.organization_id

    @property
    def by(self) -> Json:
        """The agent as history and events name it."""
        return {"key": self.key.name}

    def making(self, id: UUID) -> "Context":
        """The same, where the id of what the operation makes is kept with its Idempotency-Key."""
        return replace(self, request=replace(self.request, made_id=id)) if self.request else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A request that does something, below the path of a noun."""

    path: str  # after /v1/<plural>, such as "/{id}/resolve"; "" is the noun's path itself
    name: str  # of the operation, such as resolveRecovery
    summary: str
    description: str
    body: type[Strict]
    run: Callable[[Context, UUID | None, Any], Awaitable[Outcome]]  # gets the id in the path, and the body
    method: Literal["POST", "PATCH"] = "POST"
    returns: type[BaseModel] | None = None  # the schema of its response, if that has more than the resource
    made: Callable[[Database, UUID, UUID, UUID | None], Awaitable[Json]] | None = None
    """The `extra` of its response again: for organization, thing, and what it made; see `Context.making`."""
    has_common: bool = False  # the body has the fields of `Common` too
    opens: bool = False  # it may open a thing
    left_out: tuple[tuple[str, str], ...] = ()  # common fields, and what is said of them in place of the usual
    adds: bool = False  # it makes something that belongs to a thing
    is_search: bool = False  # it returns a list, and changes nothing
    is_sweep: bool = False  # it returns ids of all that it has changed; its Idempotency-Key is not kept
    waits: Callable[[Any], str] | None = None
    """For `?wait=`: what requests with this body wait for, as a name; those with the same name take turns."""
    conflicts: tuple[Literal["stale_fence", "id_taken"], ...] = ()  # what can be in its way
    stands: Callable[[ThingRow[Any], UUID | None], Conflict | None] | None = None
    """For its Idempotency-Key again: why what it made (see `Context.making`) does not stand any more."""

    @property
    def has_id(self) -> bool:
        """Whether its path names a thing."""
        return "{id}" in self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """The order of a list that is not by ids, so that a cursor has the values of a row.

    The noun's statement `page` returns `columns` and then `id`, in the order of which its rows stand, and takes the
    values of the row before as `after_<column>` and `after_id`; nulls for the first page.
    """

    columns: Mapping[str, type[int] | type[datetime]]
    words: str  # such as "In the order of leases"


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedList:
    """A list of what belongs to one thing, newest first."""

    name: str  # the last part of its path: /v1/<plural>/{id}/<name>
    operation: str  # such as listUpdates
    summary: str
    schema: type[BaseModel]  # of an item
    read: Callable[[Database, UUID, UUID, UUID | None, int], Awaitable[list[tuple[UUID, Json]]]]
    """Items with their ids, of an organization and a thing: at most so many, older than the one with this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is read of several things together, below the path of a noun."""

    path: str  # after /v1/<plural>
    name: str  # of the operation
    summary: str
    description: str
    schema: type[BaseModel]
    parameters: Sequence[Filter]  # each is required; there may be none
    read: Callable[[Database, UUID, Mapping[str, Any]], Awaitable[Json]]
    """The report of an organization, for the values of the parameters by their names."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NounApi(Generic[R]):
    """The API of one noun."""

    noun: Noun[R]
    words: str  # what one of them is called in sentences, such as "recovery"
    schema: type[BaseModel]  # of its resource
    many: str | None = None  # what several are called; None: as in its paths
    operations: Sequence[Operation]
    lists: Sequence[NestedList] = ()
    reports: Sequence[Report] = ()
    filters: Sequence[Filter] = ()
    order: Ordering | None = None  # of its list; None: newest first
    together: Mapping[str, str] = field(default_factory=dict)  # a filter that needs another

    @property
    def one(self) -> str:
        """One of them with its article, such as "a recovery"."""
        return f"{'an' if self.words[0] in 'aeiou' else 'a'} {self.words}"

    @property
    def several(self) -> str:
        """Several of them, such as "recoveries"."""
        return self.many or self.noun.plural


def callback_target(callback: str | None) -> UUID | None:
    """The id of the server of a callback, the same for all callbacks to it."""
    return target.server(callback) if callback is not None else None
