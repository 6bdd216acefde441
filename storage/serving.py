"""Which connections a replica can post for: each replica that has a working token renews a lease on the connection.

The leases expire on the database's clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage import statements
from storage.model import Json, Scope
from storage.statements import Runs

_SQL = statements.load("serving")

SECONDS = 60  # of a lease; a replica that was killed counts as serving for no longer
_BATCH = 1_000  # cards that one call shelves or puts back


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingStatus:
    """Whether some replica can post for a connection."""

    organization_id: UUID
    connection_id: UUID
    served_since: datetime  # without interruption
    served_until: datetime
    served: bool  # now


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The result of a renewal."""

    started: int  # connections that were not served before
    put_back: int  # shelved cards that can be leased again; there may be more of them


async def renew(db: Runs, working: Sequence[Scope], *, limit: int = _BATCH) -> Renewed:
    """Record for SECONDS that a replica has working tokens for these connections.

    Puts back up to `limit` of their shelved cards.
    """
    row = await _SQL["renew"].one(
        db,
        organization_ids=[scope.organization_id for scope in working],
        connection_ids=[scope.connection_id for scope in working],
        seconds=SECONDS,
        limit=limit,
    )
    return Renewed(**row)


async def shelve(db: Runs, *, reason: Json, new_id: Callable[[], UUID], limit: int = _BATCH) -> int:
    """Shelve up to `limit` cards of connections that no replica serves, so that no lease of cards reads them.

    The timelines of those that were never posted get an entry with `reason`; `new_id` makes the entries' ids. Returns
    how many cards were shelved; there may be more.
    """
    row = await _SQL["shelve"].one(db, limit=limit, reason=reason, event_ids=[new_id() for _ in range(limit)])
    await _SQL["note"].run(db)  # cards of a connection that was never served are shelved by the next pass or later
    return int(row["number"])


async def get(db: Runs, scope: Scope) -> ServingStatus | None:
    """Return whether some replica can post for a connection; None if none ever could, or ever had to."""
    row = await _SQL["get"].maybe(db, organization_id=scope.organization_id, connection_id=scope.connection_id)
    return ServingStatus(**row) if row else None
