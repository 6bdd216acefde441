"""The cards of an interaction in Slack: leased by a replica, written back under the fence of that lease."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from storage import statements
from storage.interaction_lock import locked
from storage.model import Card, Handle, Json, Scope, Status
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("cards")

LEASE_SECONDS = 20


async def of_interaction(db: Runs, organization_id: UUID, interaction_id: UUID) -> list[Card]:
    """Return the cards of one interaction, in the order of their addresses."""
    rows = await _SQL["of_interaction"].many(db, organization_id=organization_id, interaction_id=interaction_id)
    return [Card(**row) for row in rows]


async def of_interactions(
    db: Database, organization_id: UUID, interaction_ids: Sequence[UUID]
) -> dict[UUID, list[Card]]:
    """Return the cards of each of these interactions, in the order of their addresses, with one statement."""
    rows = await _SQL["of_interactions"].many(
        db, organization_id=organization_id, interaction_ids=list(interaction_ids)
    )
    found: dict[UUID, list[Card]] = {id: [] for id in interaction_ids}
    for row in rows:
        found[row["interaction_id"]].append(Card(**row))
    return found


async def lease(db: Runs, served: Sequence[Scope], *, kinds: Collection[str], limit: int) -> list[Card]:
    """Lease up to `limit` due cards of the `served` connections; no other lease gets them for LEASE_SECONDS.

    A card is due when it does not show the version that it should. Only interactions of these kinds count. Every
    connection gets one card before any gets two, and the card that has been due longest comes first.
    """
    rows = await _SQL["lease"].many(
        db,
        organization_ids=[scope.organization_id for scope in served],
        connection_ids=[scope.connection_id for scope in served],
        kinds=list(kinds),
        limit=limit,
        seconds=LEASE_SECONDS,
    )
    return [Card(**row) for row in rows]


async def mark_maybe_shown(db: Database, card: Card) -> bool | None:
    """Mark the card as possibly posted, before Slack is called.

    True if this call set the mark, so that a certain failure of the post must clear it. None if the interaction is not
    pending any more, the thing of an anchor has ended and cannot be corrected, or has its cards elsewhere, or the
    lease was lost: then the card must not be posted.
    """
    async with locked(db, card.organization_id, card.interaction_id) as held:
        row = await _SQL["mark_maybe_shown"].maybe(held, **_fence(card))
    return bool(row["newly"]) if row else None


async def posted(
    db: Database,
    card: Card,
    handle: Handle,
    *,
    plain: bool,
    stray_id: UUID,
    event_id: UUID,
    truncated: Sequence[str] = (),
    reason: Json | None = None,
    again_in: float | None = None,
) -> bool:
    """Record where a card was posted, and that it shows the version `card.wanted`.

    `truncated`: JSON pointers of the fields that it shows in part. `reason`: why some of the people that the card asks
    cannot answer. With `again_in` the card is edited once more in
    so many seconds, or sooner if something changes.

    False if the lease was lost: the message is then kept as a stray card, which is settled like any other.
    """
    async with locked(db, card.organization_id, card.interaction_id) as held:
        row = await _SQL["posted"].one(
            held,
            **_fence(card),
            channel=handle.channel,
            ts=handle.ts,
            version=card.wanted,
            plain=plain,
            stray_id=stray_id,
            event_id=event_id,
            truncated=list(truncated),
            reason=reason,
            again_in=again_in,
        )
    return bool(row["kept"])


async def edited(
    db: Database,
    card: Card,
    *,
    plain: bool,
    settles: bool,
    event_id: UUID,
    truncated: Sequence[str] = (),
    reason: Json | None = None,
    again_in: float | None = None,
) -> bool:
    """Record that a card now shows the version `card.wanted`; `settles`: it shows how the interaction ended.

    `reason` and `again_in` as in `posted`; so is `truncated`, which is kept as it was when the edit settles the card.

    False if the lease was lost: the replica that leased the card since edits it again.
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
        truncated=list(truncated),
        reason=reason,
        again_in=again_in,
    )
    return bool(row["kept"])


async def skip(db: Database, card: Card) -> None:
    """Record that this card needs no post, because the interaction, or its thing, ended before the card was shown."""
    async with locked(db, card.organization_id, card.interaction_id) as held:
        await _SQL["skip"].run(held, **_fence(card), version=card.wanted)


async def retry(
    db: Database,
    card: Card,
    *,
    seconds: float,
    reason: Json,
    failed: bool,
    unsure: bool,
    newly_marked: bool = False,
    event_id: UUID | None = None,
) -> None:
    """Release the lease of a card, which is due again in `seconds`; `reason` says why it waits until then.

    `failed`: the try counts for the back-off. `unsure`: Slack may have accepted the post. `newly_marked`: this try set
    the mark of `mark_maybe_shown`, which is cleared unless `unsure`. `event_id`: of the entry in the timeline that is
    written if the card did not wait for this reason before; None: none is written.
    """
    async with locked(db, card.organization_id, card.interaction_id) as held:
        await _SQL["retry"].run(
            held,
            **_fence(card),
            seconds=seconds,
            reason=reason,
            failed=int(failed),
            unsure=unsure,
            newly_marked=newly_marked,
            event_id=event_id,
        )


async def give_up(
    db: Database, card: Card, *, reason: Json, event_id: UUID, newly_marked: bool = False, gone: bool = False
) -> Status | None:
    """Stop trying to show a card, because it certainly failed; `newly_marked` as in `retry`: the mark is cleared.

    `gone`: the card was posted, and its message is not there any more, so that it does not count as shown.
    Returns the status of the interaction after this; None if the lease was lost.
    """
    async with locked(db, card.organization_id, card.interaction_id) as held:
        row = await _SQL["give_up"].maybe(
            held, **_fence(card), reason=reason, event_id=event_id, newly_marked=newly_marked, gone=gone
        )
    return Status(row["status"]) if row else None


async def permalink(db: Database, card: Card, handle: Handle, permalink: str) -> None:
    """Store the link to a posted card, and have the card in the same channel that it replaced show the link."""
    await _SQL["permalink"].run(
        db,
        organization_id=card.organization_id,
        interaction_id=card.interaction_id,
        id=card.id,
        ts=handle.ts,
        permalink=permalink,
    )


async def heal(
    db: Database, scope: Scope, interaction_id: UUID, handle: Handle, *, stray_id: UUID, retries: bool = True
) -> None:
    """Have the clicked card of an ended interaction edited once more; a card without a row gets one (`stray_id`).

    For a round it must be the anchor, which the cards of its thing belong to. `retries`: also if the last edit was
    refused, which is then tried again at once.
    """
    async with locked(db, scope.organization_id, interaction_id) as held:
        await _SQL["heal"].run(
            held,
            organization_id=scope.organization_id,
            connection_id=scope.connection_id,
            interaction_id=interaction_id,
            channel=handle.channel,
            ts=handle.ts,
            stray_id=stray_id,
            retries=retries,
        )


async def owner_of(db: Runs, organization_id: UUID, interaction_id: UUID) -> UUID:
    """Return the interaction that the cards of this one belong to: itself, or for a round the anchor of its thing."""
    found = await _SQL["anchor"].maybe(db, organization_id=organization_id, id=interaction_id)
    anchor_id: UUID = found["anchor_id"] if found else interaction_id
    return anchor_id


def _fence(card: Card) -> dict[str, Any]:
    """The parameters that name a card and its lease: once another replica has leased the card, nothing is changed."""
    return {
        "organization_id": card.organization_id,
        "interaction_id": card.interaction_id,
        "id": card.id,
        "attempt": card.attempt,
    }
