"""Notes, which are replies in the threads of cards: leased by a replica, written back under the fence of that lease.

A note with buttons asks for moves of a round; when that ends, the note is leased once more, to lose its buttons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from storage import statements
from storage.model import Handle, Json, Scope
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("notes")

LEASE_SECONDS = 20
MAX_AGE = 86_400.0  # seconds; a note that has waited longer is given up when it fails again
MAX_SIZE = 3_000  # of a message: what Slack takes in one text

_MOVED: Json = {"code": "card_moved", "detail": "The card moved elsewhere before the note was posted.", "fix": ""}
_ANSWERED: Json = {
    "code": "answered_before",
    "detail": "What the note asks was answered before it was posted.",
    "fix": "",
}
_NEVER_POSTED: Json = {"code": "card_not_posted", "detail": "The card was not posted.", "fix": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedNotes:
    """The notes that make one message in the thread of one card, in their order."""

    scope: Scope
    interaction_id: UUID
    card_id: UUID
    thing_id: UUID
    noun: str
    address: Json  # of the card
    handle: Handle  # of the card
    numbers: list[int]
    attempts: list[int]
    texts: list[str]
    failures: int
    buttons: list[Json]  # of a note that asks for moves of a round; such a note is the only one
    round_id: UUID | None  # which its buttons name

    @property
    def thread_ts(self) -> str:
        """The first message of the thread: that which the card itself replies to, or the card."""
        return str(self.address.get("thread_ts") or self.handle.ts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedEdit:
    """A posted note whose buttons are to go, because their round has ended."""

    scope: Scope
    thing_id: UUID
    noun: str
    interaction_id: UUID
    card_id: UUID
    handle: Handle  # of the note
    numbers: list[int]
    attempts: list[int]
    text: str
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """A note that was given up with its card or its round."""

    interaction_id: UUID
    code: str


async def lease(
    db: Database, served: Sequence[Scope], *, limit: int, seconds: float
) -> tuple[list[LeasedNotes], list[Abandoned]]:
    """Lease the next notes of up to `limit` cards, for LEASE_SECONDS; no other lease gets notes of these cards.

    Of each card as many as make one message. Notes whose cards will never have a thread, or whose round is over, are
    given up. The transaction takes at most about `seconds`; raises Unavailable.
    """

    async def work(runs: Runs) -> tuple[list[LeasedNotes], list[Abandoned]]:
        held = await _SQL["hold_cards"].many(runs, **_served(served), limit=limit)
        over = [row for row in held if row["is_over"] or row["has_over"]]
        live = [row for row in held if not row["is_over"]]
        abandoned = []
        if over:
            rows = await _SQL["abandon"].many(
                runs, **_cards(over), moved=_MOVED, never_posted=_NEVER_POSTED, answered=_ANSWERED
            )
            abandoned = [Abandoned(**row) for row in rows]
        if not live:
            return [], abandoned
        rows = await _SQL["lease"].many(runs, **_cards(live), max_size=MAX_SIZE, seconds=LEASE_SECONDS)
        by_card = sorted(rows, key=lambda row: (row["interaction_id"], row["card_id"], row["number"]))
        groups = groupby(by_card, key=lambda row: (row["interaction_id"], row["card_id"]))
        return [_leased(list(group)) for _, group in groups], abandoned

    return await db.transact_within(work, seconds=seconds)


async def mark_maybe_sent(db: Runs, leased: LeasedNotes) -> bool:
    """Mark the notes as possibly posted, before Slack is called; the lease is LEASE_SECONDS long from then on.

    False if the lease was lost, the round is over, or the card has no thread any more: then they must not be posted.
    """
    row = await _SQL["mark_maybe_sent"].one(db, **_fence(leased), seconds=LEASE_SECONDS)
    return bool(row["is_marked"])


async def sent(db: Runs, leased: LeasedNotes, handle: Handle) -> bool:
    """Record the message that shows these notes; False if they do not exist any more."""
    row = await _SQL["sent"].one(db, **_fence(leased), channel=handle.channel, ts=handle.ts)
    return bool(row["kept"])


async def put_off(db: Runs, leased: LeasedNotes, *, seconds: float, reason: Json, failed: bool) -> bool:
    """Release notes that Slack certainly has not posted; they are due again in `seconds`.

    True if they were given up instead, because they have waited for longer than MAX_AGE.
    """
    row = await _SQL["put_off"].one(
        db, **_fence(leased), seconds=seconds, reason=reason, failed=int(failed), max_age=MAX_AGE
    )
    return bool(row["is_given_up"])


async def give_up(db: Runs, leased: LeasedNotes, *, reason: Json, unsure: bool) -> None:
    """Post these notes no more; `unsure`: Slack may have posted them."""
    await _SQL["give_up"].run(db, **_fence(leased), reason=reason, unsure=unsure)


async def lease_edits(db: Runs, served: Sequence[Scope], *, limit: int) -> list[LeasedEdit]:
    """Lease up to `limit` posted notes whose round has ended, for LEASE_SECONDS."""
    rows = await _SQL["lease_edits"].many(db, **_served(served), limit=limit, seconds=LEASE_SECONDS)
    return [
        LeasedEdit(
            scope=Scope(organization_id=row["organization_id"], connection_id=row["connection_id"]),
            thing_id=row["thing_id"],
            noun=row["noun"],
            interaction_id=row["interaction_id"],
            card_id=row["card_id"],
            handle=Handle(channel=row["channel"], ts=row["ts"]),
            numbers=[row["number"]],
            attempts=[row["attempt"]],
            text=row["text"],
            failures=row["failures"],
        )
        for row in rows
    ]


async def edited(db: Runs, leased: LeasedEdit, *, reason: Json | None = None) -> None:
    """Record that a note has no buttons any more; with a reason, that they cannot be taken from it."""
    await _SQL["edited"].run(db, **_fence(leased), reason=reason)


async def put_off_edit(db: Runs, leased: LeasedEdit, *, seconds: float, reason: Json, failed: bool) -> bool:
    """Release a note that still has its buttons; it is due again in `seconds`. True if it keeps them instead.

    It keeps them if it has waited for longer than MAX_AGE.
    """
    row = await _SQL["put_off_edit"].one(
        db, **_fence(leased), seconds=seconds, reason=reason, failed=int(failed), max_age=MAX_AGE
    )
    return bool(row["is_given_up"])


async def adopt(db: Runs, scope: Scope, thing_id: UUID, round_id: UUID, handle: Handle, *, thread_ts: str) -> None:
    """Record where a note is whose post was not recorded: a click on the round that it names came from there.

    Nothing is recorded if another message of the thing is there.
    """
    await _SQL["adopt"].run(
        db,
        organization_id=scope.organization_id,
        connection_id=scope.connection_id,
        thing_id=thing_id,
        round_id=round_id,
        channel=handle.channel,
        ts=handle.ts,
        thread_ts=thread_ts,
    )


async def edit_again(db: Runs, scope: Scope, handle: Handle) -> None:
    """Have a note edited once more if it should have no buttons any more: a click came from it."""
    await _SQL["edit_again"].run(
        db,
        organization_id=scope.organization_id,
        connection_id=scope.connection_id,
        channel=handle.channel,
        ts=handle.ts,
    )


async def next_in(db: Runs, served: Sequence[Scope]) -> float | None:
    """Return the seconds until a note of these connections can be posted or lose its buttons; None if none can."""
    row = await _SQL["next_in"].one(db, **_served(served))
    seconds: float | None = row["seconds"]
    return seconds


def _served(served: Sequence[Scope]) -> dict[str, Any]:
    return {
        "organization_ids": [scope.organization_id for scope in served],
        "connection_ids": [scope.connection_id for scope in served],
    }


def _cards(rows: Sequence[Any]) -> dict[str, Any]:
    return {
        "organization_ids": [row["organization_id"] for row in rows],
        "interaction_ids": [row["interaction_id"] for row in rows],
        "card_ids": [row["id"] for row in rows],
    }


def _leased(rows: Sequence[Any]) -> LeasedNotes:
    first = rows[0]
    return LeasedNotes(
        scope=Scope(organization_id=first["organization_id"], connection_id=first["connection_id"]),
        interaction_id=first["interaction_id"],
        card_id=first["card_id"],
        thing_id=first["thing_id"],
        noun=first["noun"],
        address=first["address"],
        handle=Handle(channel=first["channel"], ts=first["ts"]),
        numbers=[row["number"] for row in rows],
        attempts=[row["attempt"] for row in rows],
        texts=[row["text"] for row in rows],
        failures=first["failures"],
        buttons=first["buttons"] or [],
        round_id=first["round_id"],
    )


def _fence(leased: LeasedNotes | LeasedEdit) -> dict[str, Any]:
    """The parameters that name the notes and their lease: once another replica has leased one, it is not changed."""
    return {
        "organization_id": leased.scope.organization_id,
        "interaction_id": leased.interaction_id,
        "card_id": leased.card_id,
        "numbers": leased.numbers,
        "attempts": leased.attempts,
    }
