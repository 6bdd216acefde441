"""Which connections some replica can post for: claimed by each that can, for a while, on the database's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage import statements
from storage.model import Scope
from storage.statements import Runs

_SQL = statements.load("serving")

SECONDS = 60  # for which a claim holds; a replica that was killed counts as serving for no longer
_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Whether some replica can post for a connection."""

    organization_id: UUID
    connection_id: UUID
    served_since: datetime  # without a gap
    served_until: datetime
    served: bool  # now


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What a renewal changed."""

    started: int  # connections that were not served before
    put_back: int  # cards that were shelved until now; there may be more of them


async def renew(db: Runs, working: Sequence[Scope]) -> Renewed:
    """Claim for SECONDS that a replica has working tokens for these connections, and put back what was shelved."""
    row = await _SQL["renew"].one(
        db,
        organization_ids=[scope.organization_id for scope in working],
        connection_ids=[scope.connection_id for scope in working],
        seconds=SECONDS,
        most=_BATCH,
    )
    return Renewed(**row)


async def shelve(db: Runs) -> int:
    """Take cards of connections that no replica serves out of the way of every lease; how many, there may be more."""
    row = await _SQL["shelve"].one(db, most=_BATCH)
    await _SQL["note"].run(db)  # what was never served is shelved by the next pass at the earliest
    return int(row["number"])


async def get(db: Runs, scope: Scope) -> Serving | None:
    """Whether some replica can post for a connection; None when none ever could, or ever had to."""
    row = await _SQL["get"].maybe(db, organization_id=scope.organization_id, connection_id=scope.connection_id)
    return Serving(**row) if row else None
