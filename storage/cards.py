"""The copies of a question on Slack's screens: leased by a replica, written back under the fence of that lease."""

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any
from uuid import UUID

from storage import statements
from storage.model import Card, Handle, Json, Scope, Status
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("cards")

LEASE_SECONDS = 20


async def of_interaction(db: Database, organization_id: UUID, interaction_id: UUID) -> list[Card]:
    """The copies of one question, in the order of their addresses."""
    rows = await _SQL["of_interaction"].many(db, organization_id=organization_id, interaction_id=interaction_id)
    return [Card(**row) for row in rows]


async def of_interactions(
    db: Database, organization_id: UUID, interaction_ids: Sequence[UUID]
) -> dict[UUID, list[Card]]:
    """The copies of each of these questions, in the order of their addresses; one look for all of them."""
    rows = await _SQL["of_interactions"].many(
        db, organization_id=organization_id, interaction_ids=list(interaction_ids)
    )
    found: dict[UUID, list[Card]] = {id: [] for id in interaction_ids}
    for row in rows:
        found[row["interaction_id"]].append(Card(**row))
    return found


async def lease(db: Runs, served: Sequence[Scope], *, kinds: Collection[str], most: int) -> list[Card]:
    """Take copies of these connections that do not show what they should; no other lease gets them for LEASE_SECONDS.

    Only of interactions of these kinds. Every connection gets one before any gets two, and its longest due first.
    """
    rows = await _SQL["lease"].many(
        db,
        organization_ids=[scope.organization_id for scope in served],
        connection_ids=[scope.connection_id for scope in served],
        kinds=list(kinds),
        most=most,
        seconds=LEASE_SECONDS,
    )
    return [Card(**row) for row in rows]


async def sending(db: Database, card: Card) -> bool | None:
    """Before a copy is sent: it may be on a screen from now on. True when this send raised that doubt.

    None: nobody waits for an answer any more, or the lease was lost. Then it must not be sent.
    """
    row = await _SQL["sending"].maybe(db, **_fence(card))
    return bool(row["newly"]) if row else None


async def posted(db: Database, card: Card, handle: Handle, *, plain: bool, stray_id: UUID, event_id: UUID) -> bool:
    """Remember where a copy was posted, showing `card.wanted`; False when the lease was lost and it became a stray."""
    async with _locked(db, card.organization_id, card.interaction_id) as held:
        row = await _SQL["posted"].one(
            held,
            **_fence(card),
            channel=handle.channel,
            ts=handle.ts,
            version=card.wanted,
            plain=plain,
            stray_id=stray_id,
            event_id=event_id,
        )
    return bool(row["kept"])


async def edited(db: Database, card: Card, *, plain: bool, settles: bool, event_id: UUID) -> bool:
    """Remember that a copy now shows `card.wanted`; False when the lease was lost: somebody else will edit it again.

    `settles`: it shows how the question ended.
    """
    row = await _SQL["edited"].one(
        db,
        **_fence(card),
        channel=card.channel,
        ts=card.ts,
        version=card.wanted,
        plain=plain,
        settles=settles,
        event_id=event_id,
    )
    return bool(row["kept"])


async def skip(db: Database, card: Card) -> None:
    """Nothing to do for this copy: the question ended before it was shown."""
    await _SQL["skip"].run(db, **_fence(card))


async def retry(
    db: Database,
    card: Card,
    *,
    seconds: float,
    reason: Json | None,
    failed: bool,
    unsure: bool,
    doubted: bool = False,
) -> None:
    """Let go of a copy until later.

    `failed`: it counts for the back-off. `unsure`: the send may have been accepted. `doubted`: this send raised the
    doubt (see `sending`), which is taken back unless it is unsure.
    """
    await _SQL["retry"].run(
        db,
        **_fence(card),
        seconds=seconds,
        reason=reason,
        failed=int(failed),
        unsure=unsure,
        doubted=doubted,
    )


async def give_up(db: Database, card: Card, *, reason: Json, event_id: UUID, doubted: bool = False) -> Status | None:
    """Stop trying one copy, because it certainly failed; what the question is after this, None when the lease was lost.

    `doubted`: this send raised the doubt (see `sending`), which is taken back.
    """
    row = await _SQL["give_up"].maybe(
        db,
        **_fence(card),
        reason=reason,
        event_id=event_id,
        doubted=doubted,
    )
    return Status(row["status"]) if row else None


async def permalink(db: Database, card: Card, handle: Handle, permalink: str) -> None:
    """Remember the link that brings people to a copy, also on the card beside it that this one replaced."""
    await _SQL["permalink"].run(
        db,
        organization_id=card.organization_id,
        interaction_id=card.interaction_id,
        id=card.id,
        ts=handle.ts,
        permalink=permalink,
    )


async def heal(db: Database, scope: Scope, interaction_id: UUID, handle: Handle, *, stray_id: UUID) -> None:
    """Have the clicked copy of an ended question edited once more, and take in a copy nobody knew of."""
    async with _locked(db, scope.organization_id, interaction_id) as held:
        await _SQL["heal"].run(
            held,
            organization_id=scope.organization_id,
            connection_id=scope.connection_id,
            interaction_id=interaction_id,
            channel=handle.channel,
            ts=handle.ts,
            stray_id=stray_id,
        )


def _fence(card: Card) -> dict[str, Any]:
    """The copy, and the lease that it is written back under: once somebody else has leased it, nothing is changed."""
    return {
        "organization_id": card.organization_id,
        "interaction_id": card.interaction_id,
        "id": card.id,
        "attempt": card.attempt,
    }


@contextlib.asynccontextmanager
async def _locked(db: Database, organization_id: UUID, interaction_id: UUID) -> AsyncIterator[statements.Runs]:
    """Hold a question first: a statement that waits for the lock itself would decide from before its wait."""
    async with db.acquire() as connection, connection.transaction():
        await _SQL["lock"].run(connection, organization_id=organization_id, interaction_id=interaction_id)
        yield connection
