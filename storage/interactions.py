"""Questions: opened, read, claimed, ended."""

import asyncio
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from storage import deadlines, statements
from storage.deadlines import Ended
from storage.model import Card, Intent, Interaction, Json, Life, Moment, Scope, Status, Verdict, verdict
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("interactions")

_LAST = UUID(int=2**128 - 1)  # behind every id
MOST_MOMENTS = 1_000  # events in a timeline, and clicks
CLAIM_SECONDS = 2.5  # Slack waits 3 s for the acknowledgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Everything a new question is made of."""

    scope: Scope
    id: UUID
    event_id: UUID
    kind: str
    request: Json
    digest: str
    answers: Json
    forms: Json
    responders: list[str] | None
    home_teams: list[str] | None
    key_id: UUID
    asked_by: str
    tags: list[str]
    metadata: Json
    idempotency_key: str | None
    request_hash: bytes | None
    addresses: list[Json]
    card_ids: list[UUID]
    expires_in: int  # seconds from the moment the row is written
    on_expiry: str | None  # the choice that counts when the deadline passes
    callback: str | None  # where the agent wants to be called once it has ended
    callback_target: UUID | None  # the same for all callbacks to one server
    supersedes: UUID | None
    superseded_event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new question, as it was written: whoever cannot read it back can still be told of it."""

    id: UUID
    interaction: Interaction
    cards: list[Card]
    pending: int | None  # how many others were, if that was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The idempotency key was used before, for the same request: this question already stands for it."""

    id: UUID


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The idempotency key was used before, for another request. Nothing was opened."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is not active any more. Nothing was opened."""


@dataclass(frozen=True, slots=True)
class Full:
    """As many questions of the organization are pending as may be. Nothing was opened."""


@dataclass(frozen=True, slots=True)
class NoSuchOlder:
    """What was to be superseded is no question of this organization. Nothing was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderEnded:
    """What was to be superseded had ended before. Nothing was opened."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which questions a list is to have; None: any."""

    status: Status | None = None
    kind: str | None = None
    tag: str | None = None
    run: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One click as the claim needs it; the scope comes from the signed workspace, never from the card."""

    scope: Scope
    interaction_id: UUID | None
    claim_id: bytes
    event_id: UUID
    choice: str | None
    intent: Intent
    given: Json | None  # what a submission adds to the answer, as the kind accepted it; None: a bare click
    user_id: str
    user_name: str | None
    user_team: str | None
    channel: str | None
    ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What became of a click, and the question as it was locked; None when there is none in this scope."""

    verdict: Verdict | str  # a str that is no Verdict: stored by a later release
    repeats: int  # how often this very envelope had come before
    life: Life | None
    is_settling: bool = False  # this claim told the very card that was clicked to show the answer


async def open(
    db: Database, opening: Opening, *, most_pending: int | None = None
) -> Opened | Replayed | Mismatch | Disconnected | Full | NoSuchOlder | OlderEnded:
    """Make a question durable with its copies to post, and supersede the one it names: all of it, or none.

    With `most_pending` the organization's pending questions are counted, and it is refused when there are so many; what
    supersedes another needs no room. Those that count at the same moment do not see each other.
    """
    row = await _SQL["open"].one(db, **_scoped(opening), most_pending=most_pending)
    if row["id"]:
        pending = row["pending"] if most_pending is not None and opening.supersedes is None else None
        return _opened(opening, created_at=row["created_at"], expires_at=row["expires_at"], pending=pending)
    if opening.idempotency_key is not None and opening.request_hash is not None:
        # A statement of its own: its snapshot sees the row that won the key a moment ago. It comes before everything
        # else, because that row may be what ended the older question.
        before = await replayed(
            db,
            opening.scope.organization_id,
            idempotency_key=opening.idempotency_key,
            request_hash=opening.request_hash,
        )
        if before:
            return before
    if not row["connected"]:
        return Disconnected()
    if opening.supersedes is None:
        return Full() if most_pending is not None and row["pending"] >= most_pending else Disconnected()
    return OlderEnded(id=opening.supersedes) if row["found"] else NoSuchOlder()


async def replayed(
    db: Database, organization_id: UUID, *, idempotency_key: str, request_hash: bytes
) -> Replayed | Mismatch | None:
    """What an idempotency key already stands for, if it was used."""
    found = await _SQL["find_idempotent"].maybe(db, organization_id=organization_id, idempotency_key=idempotency_key)
    if found is None:
        return None
    return Replayed(id=found["id"]) if found["request_hash"] == request_hash else Mismatch()


async def get(db: Database, organization_id: UUID, id: UUID) -> Interaction | None:
    """A question of this organization as it is stored; what is told of it goes through `bridge.reader`."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id, id=id)
    return _interaction(row) if row else None


async def several(db: Runs, organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Interaction]:
    """Some questions of this organization as they are stored; those that are not there are left out."""
    rows = await _SQL["several"].many(db, organization_id=organization_id, ids=list(ids))
    return {row["id"]: _interaction(row) for row in rows}


async def page(
    db: Database, organization_id: UUID, filters: Filters, *, before: UUID | None, most: int
) -> list[Interaction]:
    """This organization's questions as they are stored, newest first, older than `before`."""
    values = dataclasses.asdict(filters)
    rows = await _SQL["page"].many(db, organization_id=organization_id, before=before or _LAST, most=most, **values)
    return [_interaction(row) for row in rows]


async def claim(
    db: Database, click: Click, *, seconds: float = CLAIM_SECONDS, ended: list[Ended] | None = None
) -> Claimed:
    """Take the question for this click, or say why not; raises Unavailable when that cannot be confirmed in `seconds`.

    A try whose outcome is unknown is made again with the same claim id: if it had committed, its verdict is stored. A
    deadline that has passed is written first, and then the claim is made once more; what that ended is added to
    `ended`, also when the claim itself cannot be confirmed.
    """
    clock = asyncio.get_running_loop().time
    deadline, values = clock() + seconds, _scoped(click)
    row = await db.insist(lambda runs: _SQL["claim"].one(runs, **values), seconds=seconds)
    while row["overdue"]:  # nothing was written yet, so the click's event id is free
        written = await db.insist(lambda runs: _end_clicked(runs, click), seconds=deadline - clock())
        if ended is not None:
            ended += written
        row = await db.insist(lambda runs: _SQL["claim"].one(runs, **values), seconds=deadline - clock())
    return Claimed(
        verdict=verdict(row["verdict"]),
        repeats=row["repeats"],
        life=_life(row),
        is_settling=row["is_settling"],
    )


async def cancel(
    db: Database, organization_id: UUID, id: UUID, *, reason: Json, cancelled_by: str, event_id: UUID
) -> bool | None:
    """Withdraw a question; False when it had ended before, None when there is none. Asked again, it changes nothing."""
    row = await _SQL["cancel"].maybe(
        db, organization_id=organization_id, id=id, reason=reason, cancelled_by=cancelled_by, event_id=event_id
    )
    return row["cancelled"] if row else None


async def ended(db: Database, watched: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """Of the watched (organization, id) pairs, those that ended or whose deadline has passed."""
    pairs = list(watched)
    rows = await _SQL["ended"].many(
        db, organization_ids=[organization for organization, _ in pairs], ids=[id for _, id in pairs]
    )
    return [(row["organization_id"], row["id"]) for row in rows]


async def timeline(db: Database, organization_id: UUID, id: UUID) -> list[Moment]:
    """What happened to one question, oldest first; of very many clicks the one that won and the last."""
    rows = await _SQL["timeline"].many(db, organization_id=organization_id, id=id, most=MOST_MOMENTS)
    return [
        Moment(
            at=row["at"],
            type=row["type"],
            by=row["by"],
            verdict=verdict(row["verdict"]) if row["verdict"] else None,
            detail=row["detail"],
        )
        for row in rows
    ]


def _scoped(value: Opening | Click) -> dict[str, Any]:
    """A value as a statement's parameters: its fields, those of its scope among them."""
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    scope: Scope = fields.pop("scope")
    return {"organization_id": scope.organization_id, "connection_id": scope.connection_id, **fields}


def _opened(opening: Opening, *, created_at: datetime, expires_at: datetime, pending: int | None) -> Opened:
    names = {field.name for field in dataclasses.fields(Interaction)} & {
        field.name for field in dataclasses.fields(Opening)
    }
    interaction = Interaction(
        **{name: getattr(opening, name) for name in names},
        organization_id=opening.scope.organization_id,
        connection_id=opening.scope.connection_id,
        status=Status.PENDING,
        answer=None,
        choice=None,
        reason=None,
        superseded_by=None,
        cards_left=len(opening.addresses),
        cards_shown=0,
        heard_at=None,
        unheard=False,
        receipt=None,
        created_at=created_at,
        read_at=created_at,
        expires_at=expires_at,
        ended_at=None,
    )
    cards = [
        Card(
            organization_id=opening.scope.organization_id,
            connection_id=opening.scope.connection_id,
            interaction_id=opening.id,
            id=id,
            ordinal=ordinal,
            address=address,
            channel=None,
            ts=None,
            permalink=None,
            wanted=1,
            shown=0,
            maybe_shown=False,
            attempt=0,
            failures=0,
            plain=False,
            settled=False,
            due_at=created_at,
            leased_until=None,
            given_up_at=None,
            reason=None,
        )
        for ordinal, (id, address) in enumerate(zip(opening.card_ids, opening.addresses, strict=True), start=1)
    ]
    return Opened(id=opening.id, interaction=interaction, cards=cards, pending=pending)


async def _end_clicked(db: Runs, click: Click) -> list[Ended]:
    named = [click.interaction_id] if click.interaction_id else []
    return await deadlines.end_named(db, click.scope.organization_id, named, event_ids=[click.event_id])


def _life(row: Record) -> Life | None:
    if not row["found"]:
        return None
    names = {field.name for field in dataclasses.fields(Life)} - {"status"}
    return Life(status=Status(row["status"]), **{name: row[name] for name in names})


def _interaction(row: Record) -> Interaction:
    return Interaction(**{**row, "status": Status(row["status"])})
