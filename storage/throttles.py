"""What may be had only so often, counted for all replicas together on the database's clock."""

from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.statements import Runs

_SQL = statements.load("throttles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What is filled with `rate` a second and never holds more than `burst`."""

    rate: float
    burst: float


async def take(db: Runs, organization_id: UUID, name: str, bucket: Bucket, *, amount: float) -> float | None:
    """Take so much, all or nothing; the seconds until the bucket is full again, None when there was not enough.

    Whoever takes it and wherever: in any time at most `burst`, and `rate` for each second of it, is given out.
    """
    row = await _SQL["take"].maybe(
        db, organization_id=organization_id, name=name, rate=bucket.rate, burst=bucket.burst, amount=amount
    )
    return row["seconds"] if row else None


async def hold(db: Runs, organization_id: UUID, name: str, *, seconds: float) -> None:
    """Let whoever takes find nothing for so long; a longer hold stays as it is."""
    await _SQL["hold"].run(db, organization_id=organization_id, name=name, seconds=seconds)
