"""What is still to be told to agents: leased by a replica, written back under the fence of that lease."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage import statements
from storage.model import Delivery, DeliveryStatus, Json
from storage.pool import Database

_SQL = statements.load("deliveries")

LEASE_SECONDS = 20
IN_FLIGHT = 2  # to one receiver at once, from all replicas together
OVERLAP_SECONDS = 24 * 3600  # for which the secret before a rotation signs too
PATIENCE_SECONDS = 5 * 24 * 3600  # of only failures, after which an endpoint is disabled
_BATCH = 1_000
_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """One delivery that this replica is to make now."""

    organization_id: UUID
    target_id: UUID
    event_id: UUID
    interaction_id: UUID
    endpoint_id: UUID | None  # None: the question's callback
    attempt: int  # the fence
    failures: int  # before this attempt
    type: str
    at: datetime  # of the event
    url: str
    generation: int | None  # of the endpoint's secret
    overlapping: bool | None  # the secret of the generation before signs too
    disabled_reason: str | None  # the endpoint was disabled after this was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What there is before a look."""

    number: int  # of deliveries that were put off and no more are; there may be more of them
    waiting: bool  # there is something to be delivered now, or under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What became of a delivery after a failure."""

    status: DeliveryStatus
    disabled_reason: str | None  # why this failure disabled the endpoint, if it did


async def resume(db: Database) -> Resumed:
    """Before a look: let what was put off and is due again be leased."""
    return Resumed(**await _SQL["resume"].one(db, most=_BATCH))


async def lease(db: Database, *, most: int) -> list[Leased]:
    """Take deliveries that are due, first of whoever has least under way; nobody else gets them for LEASE_SECONDS.

    One organization gets at most as many under way as are then left of `most`: half of it, if it is alone.
    """
    async with db.acquire() as connection, connection.transaction():
        await _SQL["hold"].one(connection)
        # A statement of its own: its snapshot sees what was leased while the lock was waited for.
        rows = await _SQL["lease"].many(
            connection, most=most, each=IN_FLIGHT, seconds=LEASE_SECONDS, overlap=OVERLAP_SECONDS
        )
    return [Leased(**row) for row in rows]


async def renew(db: Database, leased: Leased) -> bool:
    """Hold it for LEASE_SECONDS more; False when the lease was lost."""
    return await _SQL["renew"].maybe(db, **_fence(leased), seconds=LEASE_SECONDS) is not None


async def accepted(db: Database, leased: Leased, *, outcome: Json) -> bool:
    """The receiver took it; False when the lease was lost, and it will be sent again."""
    return await _SQL["accepted"].maybe(db, **_fence(leased), outcome=outcome) is not None


async def failed(
    db: Database, leased: Leased, *, outcome: Json, seconds: float | None, gone: bool = False
) -> Failed | None:
    """It is tried again in `seconds`, or, when None, it is dead; None when the lease was lost.

    `gone`: the receiver wants nothing ever again, so it is dead and the endpoint disabled, unless that has moved since.
    """
    row = await _SQL["failed"].maybe(
        db,
        **_fence(leased),
        url=leased.url,
        outcome=outcome,
        seconds=seconds,
        gone=gone,
        patience=PATIENCE_SECONDS,
    )
    return Failed(status=DeliveryStatus(row["status"]), disabled_reason=row["disabled_reason"]) if row else None


async def give_up(db: Database, organization_id: UUID, endpoint_id: UUID, *, outcome: Json) -> int:
    """Let what waits for an endpoint be dead, but for what is under way; how many."""
    total = 0
    while True:
        asked = {"organization_id": organization_id, "endpoint_id": endpoint_id, "outcome": outcome}
        rows = await _SQL["give_up"].many(db, **asked, most=_BATCH)
        total += len(rows)
        if len(rows) < _BATCH:
            return total


async def page(
    db: Database,
    organization_id: UUID,
    endpoint_id: UUID | None,
    *,
    status: DeliveryStatus | None,
    before: UUID | None,
    most: int,
) -> list[Delivery]:
    """The deliveries to one endpoint, None: to all callbacks, newest event first, with events older than `before`."""
    asked = {"organization_id": organization_id, "status": status, "before": before or _LAST, "most": most}
    rows = (
        await _SQL["page_of_callbacks"].many(db, **asked)
        if endpoint_id is None
        else await _SQL["page"].many(db, endpoint_id=endpoint_id, **asked)
    )
    return [Delivery(**{**row, "status": DeliveryStatus(row["status"])}) for row in rows]


async def replay(db: Database, organization_id: UUID, endpoint_id: UUID | None, *, since: datetime | None) -> int:
    """Make what ended anew: all that is dead, or, with `since`, whatever was written from then on; how many.

    `endpoint_id`: as in `page`.
    """
    total, after = 0, _FIRST
    while True:
        asked = {"organization_id": organization_id, "since": since, "after_event_id": after, "most": _BATCH}
        rows = (
            await _SQL["replay_callbacks"].many(db, **asked)
            if endpoint_id is None
            else await _SQL["replay"].many(db, endpoint_id=endpoint_id, **asked)
        )
        total += len(rows)
        if len(rows) < _BATCH:
            return total
        after = max(row["event_id"] for row in rows)


def _fence(leased: Leased) -> dict[str, Any]:
    return {
        "organization_id": leased.organization_id,
        "target_id": leased.target_id,
        "event_id": leased.event_id,
        "attempt": leased.attempt,
    }
