"""Rate limits that hold for all replicas together: token buckets in the database, on its clock."""

from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.statements import Runs

_SQL = statements.load("throttles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A token bucket that gains `rate` tokens a second and never holds more than `burst`."""

    rate: float
    burst: float


async def take(db: Runs, organization_id: UUID, name: str, bucket: Bucket, *, amount: float) -> float | None:
    """Take `amount` tokens, all or none; returns the seconds until the bucket is full again, None if it has too few.

    All callers on all replicas together take at most `burst`, plus `rate` for each second, in any period.
    """
    row = await _SQL["take"].maybe(
        db, organization_id=organization_id, name=name, rate=bucket.rate, burst=bucket.burst, amount=amount
    )
    return row["seconds"] if row else None


async def full_in(db: Runs, organization_id: UUID, name: str) -> float:
    """Return the seconds until the bucket is full; 0 if it is."""
    row = await _SQL["full_in"].maybe(db, organization_id=organization_id, name=name)
    return max(0.0, row["seconds"]) if row else 0.0


async def hold(db: Runs, organization_id: UUID, name: str, *, seconds: float) -> None:
    """Make the bucket full again no earlier than `seconds` from now; a longer hold stays as it is."""
    await _SQL["hold"].run(db, organization_id=organization_id, name=name, seconds=seconds)
