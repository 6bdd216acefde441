"""Interactions: opened, read, claimed, ended."""

import asyncio
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from asyncpg import Record

from storage import deadlines, statements
from storage.deadlines import EndedInteraction
from storage.interaction_lock import locked
from storage.model import (
    LAST_ID,
    Card,
    Intent,
    Interaction,
    Json,
    Life,
    Scope,
    Status,
    StoredRequest,
    TimelineEntry,
    Verdict,
    verdict,
)
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("interactions")

QUESTIONS_BEFORE: Final = UUID("5af3107a-4000-0000-0000-000000000000")
"""Greater than the id of every question, and less than that of every round."""
MAX_TIMELINE_ENTRIES = 1_000  # events in a timeline, and as many clicks
MAX_PAGE_BYTES = 1024 * 1024  # of the content of a page, which ends with the interaction that brings it there
CLAIM_SECONDS = 2.5  # Slack waits 3 s for the acknowledgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """All values of a new interaction."""

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
    on_expiry: str | None  # the choice that is taken when the deadline passes
    callback: str | None  # the URL that is called once the interaction has ended
    callback_target: UUID | None  # the id of the receiver, the same for all callbacks to one server
    supersedes: UUID | None
    superseded_event_id: UUID
    full_text: str | None = None  # of the action


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new interaction as it was written, so that it can be reported even if it cannot be read back."""

    id: UUID
    interaction: Interaction
    cards: list[Card]
    pending: int | None  # other pending interactions of the organization, if they were counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The idempotency key was used before, for the same request: this interaction exists already."""

    id: UUID


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The idempotency key was used before, for another request. Nothing was opened."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is not active any more. Nothing was opened."""


@dataclass(frozen=True, slots=True)
class TooManyPending:
    """The organization has as many pending interactions as it may have. Nothing was opened."""


@dataclass(frozen=True, slots=True)
class NoSuchOlder:
    """The interaction to be superseded does not exist in this organization. Nothing was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderEnded:
    """The interaction to be superseded had ended before. Nothing was opened."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which interactions a list contains; None: any."""

    status: Status | None = None
    kind: str | None = None
    tag: str | None = None
    run: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some interactions that match filters, newest first, and whether there are older ones that match."""

    interactions: list[Interaction]
    is_followed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """One click or submission as the claim needs it; its scope comes from the signed workspace, never from the card."""

    scope: Scope
    interaction_id: UUID | None
    claim_id: bytes
    event_id: UUID
    choice: str | None
    intent: Intent
    given: Json | None  # the values that a submission adds to the answer, as the kind accepted them; None: a bare click
    user_id: str
    user_name: str | None
    user_team: str | None
    channel: str | None
    ts: str | None
    is_colleague: bool | None = False  # of the same enterprise, from another workspace; None: not known
    thing_id: UUID | None = None  # the thing whose round this is, which the transaction has locked
    refusal: Json | None = None  # {code, detail, field}: why the thing does not allow the choice now
    via: Literal["button", "form"] | None = None  # None: a form if something was given


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOf:
    """The thing whose round was clicked: it is claimed in a transaction that locks the thing first."""

    id: UUID
    noun: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The verdict on a click, and the state of the interaction after it."""

    verdict: Verdict | str  # a str that is no Verdict: stored by a later release
    repeats: int  # how often the same envelope had arrived before
    life: Life | None  # None: there is no such interaction in this scope
    is_settling: bool = False  # this claim has made the clicked card due to show the answer
    is_undecided: bool = False  # unavailable, because it depends on an `is_colleague` that is not known
    asked: StoredRequest | None = None  # what the form is made from, if the verdict is `opened`
    refusal: Json | None = None  # {code, detail, field}, if the verdict is `refused`
    round_of: RoundOf | None = None  # unavailable, because `claim` decides nothing about a round of a thing


async def open(
    db: Database, opening: Opening, *, max_pending: int | None = None
) -> Opened | Replayed | Mismatch | Disconnected | TooManyPending | NoSuchOlder | OlderEnded:
    """Store a new interaction with its cards to post, and supersede the one that it names: all of it, or none.

    With `max_pending` the organization's pending interactions are counted, and the new one is refused if there are as
    many already; one that supersedes another is never refused for that. Calls that count at the same moment do not see
    each other's interactions.
    """
    row = await _SQL["open"].one(db, **_scoped(opening), max_pending=max_pending)
    if row["id"]:
        pending = row["pending"] if max_pending is not None and opening.supersedes is None else None
        return _opened(opening, created_at=row["created_at"], expires_at=row["expires_at"], pending=pending)
    if opening.idempotency_key is not None and opening.request_hash is not None:
        # A statement of its own: its snapshot sees the row that took the key a moment ago. It comes before all other
        # checks, because that row may be the one that superseded the older interaction.
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
        return TooManyPending() if max_pending is not None and row["pending"] >= max_pending else Disconnected()
    return OlderEnded(id=opening.supersedes) if row["found"] else NoSuchOlder()


async def replayed(
    db: Database, organization_id: UUID, *, idempotency_key: str, request_hash: bytes
) -> Replayed | Mismatch | None:
    """Return what an idempotency key was used for; None if it was not used."""
    found = await _SQL["find_idempotent"].maybe(db, organization_id=organization_id, idempotency_key=idempotency_key)
    if found is None:
        return None
    return Replayed(id=found["id"]) if found["request_hash"] == request_hash else Mismatch()


async def get(db: Database, organization_id: UUID, id: UUID) -> Interaction | None:
    """Return an interaction of this organization as it is stored. `bridge.reader` reads it with its end written."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id, id=id)
    return _interaction(row) if row else None


async def full_text(db: Database, organization_id: UUID, id: UUID) -> str | None:
    """Return the full text of the action of an interaction of this organization; None if it has none."""
    row = await _SQL["full_text"].maybe(db, organization_id=organization_id, id=id)
    return row["full_text"] if row else None


async def several(db: Runs, organization_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Interaction]:
    """Return interactions of this organization by id, as they are stored; those that do not exist are left out."""
    rows = await _SQL["several"].many(db, organization_id=organization_id, ids=list(ids))
    return {row["id"]: _interaction(row) for row in rows}


async def page(
    db: Database,
    organization_id: UUID,
    filters: Filters,
    *,
    before: UUID | None,
    limit: int,
    max_bytes: int = MAX_PAGE_BYTES,
    with_body: bool = True,
) -> Page:
    """Return up to `limit` of an organization's questions as they are stored, newest first, older than `before`.

    The page ends early with the one that brings its content to `max_bytes`; bodies count only `with_body`.
    """
    values = dataclasses.asdict(filters) | {"max_bytes": max_bytes, "with_body": with_body}
    rows = await _SQL["page"].many(
        db,
        organization_id=organization_id,
        before=min(before or LAST_ID, QUESTIONS_BEFORE),
        limit=limit + 1,
        **values,
    )
    followed = [bool(row["followed"]) for row in rows][:limit]
    interactions = [_interaction(row, without=("followed",)) for row in rows[:limit]]
    return Page(interactions=interactions, is_followed=bool(followed) and followed[-1])


async def rounds(
    db: Database,
    organization_id: UUID,
    thing_id: UUID,
    *,
    status: Status | None = None,
    before: UUID | None,
    limit: int,
) -> Page:
    """Return up to `limit` rounds of a thing older than `before`, newest first, of this status or of all."""
    rows = await _SQL["rounds"].many(
        db,
        organization_id=organization_id,
        thing_id=thing_id,
        status=status.value if status else None,
        before=before or LAST_ID,
        limit=limit + 1,
    )
    return Page(interactions=[_interaction(row) for row in rows[:limit]], is_followed=len(rows) > limit)


async def claim(
    db: Database, request: ClaimRequest, *, seconds: float = CLAIM_SECONDS, ended: list[EndedInteraction] | None = None
) -> Claimed:
    """Claim the interaction for this click and return the verdict; raises Unavailable if unconfirmed after `seconds`.

    A try whose outcome is unknown is repeated with the same claim id: if it had committed, its verdict is stored. If
    the deadline has passed, the end is written first and the claim is made once more; the ended interaction is appended
    to `ended`, also if the claim itself cannot be confirmed. The verdict is UNAVAILABLE, and nothing is stored, if it
    depends on an `is_colleague` that is not known, or if the interaction is a round of a thing (`claim_round`).
    """
    clock = asyncio.get_running_loop().time
    deadline, values = clock() + seconds, _scoped(request)
    if request.interaction_id is not None and request.interaction_id > QUESTIONS_BEFORE:
        round_of = await db.insist(lambda runs: _round_of(runs, request), seconds=seconds)
        if round_of is not None:
            return Claimed(verdict=Verdict.UNAVAILABLE, repeats=0, life=None, round_of=round_of)
    row = await db.insist(lambda runs: _SQL["claim"].one(runs, **values), seconds=deadline - clock())
    while row["overdue"]:  # the claim has written nothing, so its event id is free
        written = await db.insist(lambda runs: _end_overdue(runs, request), seconds=deadline - clock())
        if ended is not None:
            ended += written
        row = await db.insist(lambda runs: _SQL["claim"].one(runs, **values), seconds=deadline - clock())
    return _claimed(row)


async def _round_of(runs: Runs, request: ClaimRequest) -> RoundOf | None:
    scope = request.scope
    row = await _SQL["round_of"].maybe(
        runs,
        organization_id=scope.organization_id,
        connection_id=scope.connection_id,
        interaction_id=request.interaction_id,
    )
    return RoundOf(**row) if row else None


async def claim_round(runs: Runs, request: ClaimRequest) -> Claimed:
    """Claim a round of the thing that `request` names, inside a transaction that has locked the thing."""
    return _claimed(await _SQL["claim"].one(runs, **_scoped(request)))


def _claimed(row: Record) -> Claimed:
    if row["undecided"]:
        return Claimed(verdict=Verdict.UNAVAILABLE, repeats=0, life=None, is_undecided=True)
    return Claimed(
        verdict=verdict(row["verdict"]),
        repeats=row["repeats"],
        life=_life(row),
        is_settling=row["is_settling"],
        asked=StoredRequest(**row["asked"]) if row["asked"] else None,
        refusal=row["refusal"],
    )


async def cancel(
    db: Database, organization_id: UUID, id: UUID, *, reason: Json, cancelled_by: str, event_id: UUID
) -> bool | None:
    """Cancel an interaction. Idempotent. False if it had ended before; None if there is none."""
    detail = {"key": cancelled_by}
    return await _end_now(db, organization_id, id, Status.CANCELLED, reason=reason, detail=detail, event_id=event_id)


async def set_unable(db: Database, card: Card, unable: Json) -> None:
    """Record which responders of a pending interaction cannot answer; its other posted cards are edited to say so."""
    async with locked(db, card.organization_id, card.interaction_id) as held:
        await _SQL["set_unable"].run(
            held, organization_id=card.organization_id, id=card.interaction_id, card_id=card.id, unable=unable
        )


async def close_unreachable(db: Database, organization_id: UUID, id: UUID, *, reason: Json, event_id: UUID) -> bool:
    """End a pending interaction that no person who sees its cards can answer. False if it had ended before."""
    closed = await _end_now(
        db, organization_id, id, Status.UNREACHABLE, reason=reason, detail=reason, event_id=event_id
    )
    return bool(closed)


async def _end_now(
    db: Database, organization_id: UUID, id: UUID, status: Status, *, reason: Json, detail: Json, event_id: UUID
) -> bool | None:
    """End a pending interaction. False if it had ended before, or its deadline had passed; None if there is none."""
    async with locked(db, organization_id, id) as held:
        row = await _SQL["end_now"].maybe(
            held,
            organization_id=organization_id,
            id=id,
            status=status.value,
            reason=reason,
            detail=detail,
            event_id=event_id,
        )
    return bool(row["ended"]) if row else None


async def ended(db: Database, watched: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """Return those of the watched (organization, id) pairs that have ended or whose deadline has passed."""
    pairs = list(watched)
    rows = await _SQL["ended"].many(
        db, organization_ids=[organization for organization, _ in pairs], ids=[id for _, id in pairs]
    )
    return [(row["organization_id"], row["id"]) for row in rows]


async def timeline(db: Database, organization_id: UUID, id: UUID) -> list[TimelineEntry]:
    """Return what happened to one interaction, oldest first; of very many clicks the winning one and the latest."""
    rows = await _SQL["timeline"].many(db, organization_id=organization_id, id=id, limit=MAX_TIMELINE_ENTRIES)
    return [
        TimelineEntry(
            at=row["at"],
            type=row["type"],
            by=row["by"],
            verdict=verdict(row["verdict"]) if row["verdict"] else None,
            detail=row["detail"],
        )
        for row in rows
    ]


def _scoped(value: Opening | ClaimRequest) -> dict[str, Any]:
    """Return a value's fields as parameters of a statement, with the fields of its scope in place of `scope`."""
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    scope: Scope = fields.pop("scope")
    if isinstance(value, ClaimRequest) and value.via is None:
        fields["via"] = "button" if value.given is None else "form"
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
        unable={},
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


async def _end_overdue(db: Runs, request: ClaimRequest) -> list[EndedInteraction]:
    named = [request.interaction_id] if request.interaction_id else []
    return await deadlines.end_named(db, request.scope.organization_id, named, event_ids=[request.event_id])


def _life(row: Record) -> Life | None:
    if not row["found"]:
        return None
    names = {field.name for field in dataclasses.fields(Life)} - {"status"}
    return Life(status=Status(row["status"]), **{name: row[name] for name in names})


def _interaction(row: Record, *, without: tuple[str, ...] = ()) -> Interaction:
    values = {name: value for name, value in row.items() if name not in without}
    return Interaction(**{**values, "status": Status(row["status"])})
