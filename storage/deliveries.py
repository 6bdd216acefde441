"""Deliveries of events to webhooks: leased by a replica, written back under the fence of that lease."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage import statements
from storage.model import LAST_ID, Delivery, DeliveryStatus, Json
from storage.pool import Database

_SQL = statements.load("deliveries")

LEASE_SECONDS = 20
IN_FLIGHT = 2  # deliveries to one receiver at once, from all replicas together
OVERLAP_SECONDS = 24 * 3600  # after a rotation, during which the previous secret signs too
MAX_FAILING_SECONDS = 5 * 24 * 3600  # without one success, after which a failing endpoint is disabled
_BATCH = 1_000
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """One delivery that this replica has leased and is to send now."""

    organization_id: UUID
    target_id: UUID
    event_id: UUID
    interaction_id: UUID | None
    thing_id: UUID | None  # the event is of this thing, if not of an interaction
    endpoint_id: UUID | None  # None: the callback of the interaction or thing
    attempt: int  # counts leases; the fence of every write-back
    failures: int  # before this attempt
    type: str
    at: datetime  # of the event
    detail: Json | None  # of an event of a thing: what changed
    url: str
    generation: int | None  # of the endpoint's secret
    overlapping: bool | None  # whether the secret of the previous generation signs too
    disabled_reason: str | None  # set if the endpoint was disabled after this delivery was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """How many postponed deliveries were made leasable again, and whether a lease is worth trying."""

    number: int  # of postponed deliveries that can be leased again; there may be more of them
    waiting: bool  # some delivery is due or under way


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDelivery:
    """The state of a delivery after a failed attempt."""

    status: DeliveryStatus
    disabled_reason: str | None  # set if this failure disabled the endpoint


async def resume(db: Database) -> Resumed:
    """Let postponed deliveries that are due again be leased. To be called before `lease`."""
    return Resumed(**await _SQL["resume"].one(db, limit=_BATCH))


async def lease(db: Database, *, limit: int) -> list[Leased]:
    """Lease up to `limit` due deliveries; no other replica gets them for LEASE_SECONDS.

    The organization with the fewest deliveries under way comes first. No organization gets more under way than are
    then left of `limit`: half of `limit`, if it is alone.
    """
    async with db.acquire() as connection, connection.transaction():
        await _SQL["hold"].one(connection)
        # A statement of its own: its snapshot sees what other replicas leased while this one waited for the lock.
        rows = await _SQL["lease"].many(
            connection, limit=limit, max_in_flight=IN_FLIGHT, seconds=LEASE_SECONDS, overlap=OVERLAP_SECONDS
        )
    return [Leased(**row) for row in rows]


async def renew(db: Database, leased: Leased) -> bool:
    """Extend the lease of a delivery by LEASE_SECONDS from now; False if the lease was lost."""
    return await _SQL["renew"].maybe(db, **_fence(leased), seconds=LEASE_SECONDS) is not None


async def accepted(db: Database, leased: Leased, *, outcome: Json) -> bool:
    """Record that the receiver accepted the delivery; False if the lease was lost, so that it is sent again."""
    return await _SQL["accepted"].maybe(db, **_fence(leased), outcome=outcome) is not None


async def failed(
    db: Database, leased: Leased, *, outcome: Json, seconds: float | None, gone: bool = False
) -> FailedDelivery | None:
    """Record a failed attempt: the delivery is tried again in `seconds`, or is dead if `seconds` is None.

    `gone`: the receiver wants no more deliveries, so this one is dead and the endpoint is disabled, unless its URL has
    changed since. Returns None if the lease was lost.
    """
    row = await _SQL["failed"].maybe(
        db,
        **_fence(leased),
        url=leased.url,
        outcome=outcome,
        seconds=seconds,
        gone=gone,
        max_failing_seconds=MAX_FAILING_SECONDS,
    )
    if row is None:
        return None
    return FailedDelivery(status=DeliveryStatus(row["status"]), disabled_reason=row["disabled_reason"])


async def give_up(db: Database, organization_id: UUID, endpoint_id: UUID, *, outcome: Json, batch: int = _BATCH) -> int:
    """Make the pending deliveries to an endpoint dead, except those that are under way, in batches of `batch`.

    Returns how many.
    """
    total = 0
    while True:
        values = {"organization_id": organization_id, "endpoint_id": endpoint_id, "outcome": outcome}
        rows = await _SQL["give_up"].many(db, **values, limit=batch)
        total += len(rows)
        if len(rows) < batch:
            return total


async def page(
    db: Database,
    organization_id: UUID,
    endpoint_id: UUID | None,
    *,
    status: DeliveryStatus | None,
    before: UUID | None,
    limit: int,
) -> list[Delivery]:
    """Return deliveries to one endpoint, or to all callbacks if None: newest event first, of events before `before`."""
    values = {"organization_id": organization_id, "status": status, "before": before or LAST_ID, "limit": limit}
    rows = (
        await _SQL["page_of_callbacks"].many(db, **values)
        if endpoint_id is None
        else await _SQL["page"].many(db, endpoint_id=endpoint_id, **values)
    )
    return [Delivery(**{**row, "status": DeliveryStatus(row["status"])}) for row in rows]


async def replay(
    db: Database, organization_id: UUID, endpoint_id: UUID | None, *, since: datetime | None, batch: int = _BATCH
) -> int:
    """Send ended deliveries again: the dead ones, or, with `since`, all that were written from then on.

    They are made pending in batches of `batch`. `endpoint_id` as in `page`. Returns how many.
    """
    total, after = 0, _FIRST
    while True:
        values = {"organization_id": organization_id, "since": since, "after_event_id": after, "limit": batch}
        rows = (
            await _SQL["replay_callbacks"].many(db, **values)
            if endpoint_id is None
            else await _SQL["replay"].many(db, endpoint_id=endpoint_id, **values)
        )
        total += len(rows)
        if len(rows) < batch:
            return total
        after = max(row["event_id"] for row in rows)


def _fence(leased: Leased) -> dict[str, Any]:
    return {
        "organization_id": leased.organization_id,
        "target_id": leased.target_id,
        "event_id": leased.event_id,
        "attempt": leased.attempt,
    }
