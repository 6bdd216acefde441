"""Things: rows with a life longer than one answer, changed only in transactions that lock them first.

A transaction takes its locks in this order, each in a statement of its own: the lock of a name, the connection, the
thing with its noun's row (several things in the order of their ids); then the statement that changes them locks the
open round, the anchor and the cards.
"""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from asyncpg import Record
from asyncpg.exceptions import UniqueViolationError

from storage import statements
from storage.model import Json, Scope, Thing, ThingTimelineEntry, verdict
from storage.statements import Runs

_SQL = statements.load("things")

R = TypeVar("R")  # the dataclass of a noun's row

QUIET_SECONDS = 2.0
"""Seconds in which changes that leave the open round as it is share one edit of each card."""

MAX_TIMELINE_ENTRIES = 1_000  # of each sort
_REQUESTS = "thing_requests_pkey"
_OF_THING = {each.name for each in dataclasses.fields(Thing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingRow(Generic[R]):
    """A thing with its noun's row, and its open round where that was read."""

    thing: Thing
    row: R
    round_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedConnection:
    """A connection that stays as it is until the transaction ends."""

    is_active: bool
    default_channel: str | None
    home_teams: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a new thing has in common with those of other nouns."""

    scope: Scope
    id: UUID
    noun: str
    key_id: UUID
    opened_by: str
    now: datetime
    asked_addresses: list[Json] | None = None
    responders: list[str] | None = None
    anyone: bool = False
    home_teams: list[str] | None
    agent: Json | None = None
    tags: list[str] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    callback: str | None = None
    callback_target: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What an open thing offers people; a thing's open round ends when it offers something else."""

    id: UUID  # of the interaction that is opened if the open round offers something else
    digest: str  # SHA-256 in hexadecimal of all that identifies the offer
    request: Json  # what the round's card and forms are made from, besides the thing's rows
    forms: Json  # move -> the answer that it stores
    responders: list[str] | None  # None: everyone who can see a card


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One entry for the history of a thing, and the event that tells it."""

    id: UUID
    move: str
    from_status: str | None
    to_status: str | None
    by: Json
    reason: str | None = None
    detail: Json = field(default_factory=dict)

    def stored(self) -> Json:
        """The entry as the statement that writes it takes it."""
        return {
            "id": str(self.id),
            "move": self.move,
            "from": self.from_status,
            "to": self.to_status,
            "by": self.by,
            "reason": self.reason,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The Idempotency-Key of a request, and what the request made besides its change of the thing."""

    key: str
    hash: bytes
    made_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A reply for the threads of a thing's cards."""

    id: UUID
    text: str  # mrkdwn
    size: int  # of the text, as Slack may count it
    buttons: Sequence[Json] = ()  # {"move", "label", "has_form", "is_primary"}: the moves that it asks for

    def stored(self) -> Json:
        """The note as the statement that writes it takes it."""
        buttons = {"buttons": list(self.buttons)} if self.buttons else {}
        return {"id": str(self.id), "text": self.text, "size": self.size, **buttons}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlooked:
    """What no wake has announced."""

    rounds: list[tuple[Scope, UUID, str]]  # things that should have an open round and have none, with their nouns
    has_notes: bool  # notes wait that no replica posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Generic[R]):
    """A change of a thing, as one statement writes it."""

    row: R
    round: Round | None  # None: the thing offers nothing, because it is final, has no card or is disconnected
    addresses: list[Json]  # where its cards are from now on
    card_ids: list[UUID]  # as many as `addresses`
    moves: Sequence[Move]
    ended_at: datetime | None
    is_correctable: bool  # it has ended, and people can still correct it
    end_reason: Json  # {code, detail, fix} of an open round that no other follows
    now: datetime  # of the lock
    public_id: str  # of the thing, as agents know it
    is_quiet: bool = False  # nothing that people must see at once
    notes: Sequence[Note] = ()  # for the thread of each of its cards
    request: Request | None = None
    clicked: tuple[str | None, str | None] = (None, None)  # channel and ts of the clicked card


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A thing that time alone will change."""

    scope: Scope
    id: UUID
    seconds: float  # until then; not positive: now


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRequest:
    """What was done for an Idempotency-Key."""

    thing_id: UUID
    hash: bytes
    made_id: UUID | None


class RequestTaken(Exception):
    """The Idempotency-Key was used while this transaction ran, which is rolled back: look what was done for it."""


async def lock_name(runs: Runs, organization_id: UUID, name: str) -> None:
    """Lock a name until the transaction ends: the caller looks for an open thing of this name in its next statement."""
    await _SQL["lock_name"].one(runs, organization_id=organization_id, name=name)


async def lock_connection(runs: Runs, scope: Scope) -> LockedConnection:
    """Keep a connection from being disabled until the transaction ends."""
    row = await _SQL["lock_connection"].maybe(
        runs, organization_id=scope.organization_id, connection_id=scope.connection_id
    )
    return LockedConnection(**row) if row else LockedConnection(is_active=False, default_channel=None)


async def lock_open(runs: Runs, organization_id: UUID, id: UUID) -> str | None:
    """Keep another thing as it is until the transaction ends; its noun if it exists and is open, else None."""
    row = await _SQL["lock_open"].maybe(runs, organization_id=organization_id, id=id)
    return row["noun"] if row and row["ended_at"] is None else None


async def now(runs: Runs) -> datetime:
    """Return the database's clock."""
    row = await _SQL["now"].one(runs)
    moment: datetime = row["now"]
    return moment


async def open(runs: Runs, opening: Opening) -> Thing:
    """Store a new thing; its noun's `apply` must follow in the same transaction."""
    values = {each.name: getattr(opening, each.name) for each in dataclasses.fields(opening)}
    scope: Scope = values.pop("scope")
    await _SQL["open"].run(runs, organization_id=scope.organization_id, connection_id=scope.connection_id, **values)
    moment = values.pop("now")
    values.pop("callback_target")
    return Thing(
        organization_id=scope.organization_id,
        connection_id=scope.connection_id,
        addresses=[],
        anchor_id=None,
        moves=0,
        created_at=moment,
        updated_at=moment,
        ended_at=None,
        read_at=moment,
        **values,
    )


async def change(runs: Runs, thing: Thing, *, callback_target: UUID | None) -> None:
    """Store what a locked thing has in common with those of other nouns, as an agent gave it anew."""
    names = ("responders", "anyone", "home_teams", "agent", "tags", "metadata", "callback")
    await _SQL["change"].run(
        runs,
        organization_id=thing.organization_id,
        id=thing.id,
        callback_target=callback_target,
        asked_addresses=thing.asked_addresses,
        added_addresses=thing.added_addresses,
        **{name: getattr(thing, name) for name in names},
    )


async def keep_request(runs: Runs, thing: Thing, request: Request) -> None:
    """Keep the Idempotency-Key of a request that changed nothing of a locked thing; raises RequestTaken."""
    with taken():
        await _SQL["keep_request"].run(
            runs,
            organization_id=thing.organization_id,
            thing_id=thing.id,
            idempotency_key=request.key,
            request_hash=request.hash,
        )


async def kept_request(db: Runs, organization_id: UUID, key: str) -> KeptRequest | None:
    """Return what was done for an Idempotency-Key; None if it was not used."""
    row = await _SQL["request"].maybe(db, organization_id=organization_id, idempotency_key=key)
    return KeptRequest(thing_id=row["thing_id"], hash=row["request_hash"], made_id=row["made_id"]) if row else None


async def open_count(db: Runs, organization_id: UUID, *, limit: int) -> int:
    """Return how many things of an organization are open, counted up to `limit`."""
    row = await _SQL["count"].one(db, organization_id=organization_id, limit=limit)
    count: int = row["open"]
    return count


async def reached(db: Runs, organization_id: UUID, id: UUID, *, after: int, statuses: Sequence[str]) -> str | None:
    """Return that of these statuses which a move after the number `after` reached first; None if none did."""
    row = await _SQL["reached"].maybe(
        db, organization_id=organization_id, thing_id=id, after=after, statuses=list(statuses)
    )
    return row["to_status"] if row else None


async def timeline(db: Runs, organization_id: UUID, id: UUID) -> list[ThingTimelineEntry]:
    """Return what happened to a thing, oldest first; of very many entries of a sort the latest."""
    rows = await _SQL["timeline"].many(db, organization_id=organization_id, thing_id=id, limit=MAX_TIMELINE_ENTRIES)
    return [
        ThingTimelineEntry(**{**row, "verdict": verdict(row["verdict"]) if row["verdict"] else None}) for row in rows
    ]


async def changed(db: Runs, watched: Iterable[tuple[UUID, UUID, int]]) -> list[tuple[UUID, UUID]]:
    """Return those of the watched (organization, thing, number) that have moved past the number."""
    each = list(watched)
    rows = await _SQL["changed"].many(
        db,
        organization_ids=[organization for organization, _, _ in each],
        ids=[id for _, id, _ in each],
        numbers=[number for _, _, number in each],
    )
    return [(row["organization_id"], row["id"]) for row in rows]


async def overlooked(db: Runs, *, limit: int) -> Overlooked:
    """Return what no wake has announced: up to `limit` things without their round, and whether notes wait."""
    rows = await _SQL["overlooked"].many(db, limit=limit)
    return Overlooked(
        rounds=[(_scope(row), row["id"], row["noun"]) for row in rows if row["id"] is not None],
        has_notes=rows[0]["has_notes"],
    )


def _scope(row: Record) -> Scope:
    return Scope(organization_id=row["organization_id"], connection_id=row["connection_id"])


async def newest_open(db: Runs, scope: Scope, *, limit: int) -> list[tuple[UUID, str]]:
    """Return the ids and nouns of the newest `limit` open things of a connection, the newest first."""
    rows = await _SQL["newest_open"].many(
        db, organization_id=scope.organization_id, connection_id=scope.connection_id, limit=limit
    )
    return [(row["id"], row["noun"]) for row in rows]


class NounTable(Generic[R]):
    """The table of one noun, whose statements are in `sql/<table>.sql`: `lock`, `apply`, `get`, `several` and its own.

    `row` is the dataclass of its columns.
    """

    def __init__(self, table: str, row: type[R]) -> None:
        self.name = table
        self.sql = statements.load(table)
        self._row = row
        self.columns = [each.name for each in dataclasses.fields(row)]  # type: ignore[arg-type]  # R is a dataclass

    async def lock(self, runs: Runs, organization_id: UUID, id: UUID) -> ThingRow[R] | None:
        """Lock a thing and its row until the transaction ends; None if the organization has none with this id."""
        record = await self.sql["lock"].maybe(runs, organization_id=organization_id, id=id)
        return self._read(record) if record else None

    async def get(self, db: Runs, organization_id: UUID, id: UUID) -> ThingRow[R] | None:
        """Return a thing of this organization as it is now; None if there is none."""
        record = await self.sql["get"].maybe(db, organization_id=organization_id, id=id)
        return self._read(record) if record else None

    async def several(self, db: Runs, organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ThingRow[R]]:
        """Return things of this organization by id; those that do not exist are left out."""
        records = await self.sql["several"].many(db, organization_id=organization_id, ids=list(ids))
        return {record["id"]: self._read(record) for record in records}

    async def find(self, db: Runs, organization_id: UUID, name: str) -> UUID | None:
        """Return the thing to which an agent gave this name as its id; None if there is none, or the noun has no names.

        The noun's statement is `find`.
        """
        if "find" not in self.sql:
            return None
        record = await self.sql["find"].maybe(db, organization_id=organization_id, name=name)
        return record["id"] if record else None

    async def ids(self, statement: str, db: Runs, **values: Any) -> list[UUID]:
        """Return the ids that a statement of the noun finds."""
        return [record["id"] for record in await self.sql[statement].many(db, **values)]

    async def rows(self, statement: str, db: Runs, **values: Any) -> list[dict[str, Any]]:
        """Return the rows that a statement of the noun finds, each with an id."""
        return [dict(record) for record in await self.sql[statement].many(db, **values)]

    async def due(self, db: Runs, *, seconds: float, limit: int) -> list[Due]:
        """Return up to `limit` things of all organizations that change by time within `seconds`, longest due first."""
        rows = await self.sql["due"].many(db, seconds=seconds, limit=limit)
        return [Due(scope=_scope(row), id=row["id"], seconds=row["due_in"]) for row in rows]

    async def apply(self, runs: Runs, thing: Thing, turn: Turn[R]) -> bool:
        """Store a change of a locked thing with all that follows; whether the clicked card is due to show it.

        Raises RequestTaken.
        """
        with taken():
            record = await self._apply(runs, thing, turn)
        settling: bool = record["is_settling"]
        return settling

    async def _apply(self, runs: Runs, thing: Thing, turn: Turn[R]) -> Record:
        each = turn.round
        request = turn.request
        return await self.sql["apply"].one(
            runs,
            organization_id=thing.organization_id,
            thing_id=thing.id,
            **{name: getattr(turn.row, name) for name in self.columns},
            round_id=each.id if each else None,
            round_digest=each.digest if each else None,
            round_request=each.request if each else None,
            round_forms=each.forms if each else None,
            round_responders=each.responders if each else None,
            addresses=turn.addresses,
            card_ids=turn.card_ids,
            moves=[move.stored() for move in turn.moves],
            ended_at=turn.ended_at,
            is_correctable=turn.is_correctable,
            end_reason=turn.end_reason,
            now=turn.now,
            public_id=turn.public_id,
            is_quiet=turn.is_quiet,
            replies=[note.stored() for note in turn.notes],
            quiet_seconds=QUIET_SECONDS,
            idempotency_key=request.key if request else None,
            request_hash=request.hash if request else None,
            made_id=request.made_id if request else None,
            channel=turn.clicked[0],
            ts=turn.clicked[1],
        )

    def _read(self, record: Record) -> ThingRow[R]:
        return ThingRow(
            thing=Thing(**{name: record[name] for name in _OF_THING}),
            row=self._row(**{name: record[name] for name in self.columns}),
            round_id=record.get("round_id"),
        )


@contextlib.contextmanager
def taken() -> Iterator[None]:
    """Raise RequestTaken where another transaction has kept the same Idempotency-Key."""
    try:
        yield
    except UniqueViolationError as error:
        if error.constraint_name != _REQUESTS:
            raise
        raise RequestTaken from None
