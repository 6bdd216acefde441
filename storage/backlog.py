"""What waits to be done, in numbers for operators."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage import statements
from storage.deliveries import IN_FLIGHT
from storage.model import Scope
from storage.statements import Runs

_SQL = statements.load("backlog")

MOST = 10_000  # open questions that are counted
_RECEIVERS = 5_000  # to whom something is owed, that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How long the oldest duty of each queue has been due, and how full things are."""

    cards_age: float | None  # seconds; None: nothing is due
    events_age: float | None  # the same; an event's duty is its position and its deliveries
    deliveries_age: float | None  # the same; what waits for its turn at a receiver that is busy is not due
    open: int  # questions, counted up to MOST
    notices: float | None  # 0 to 1: how full the queue of notices is of all who listen; None: not asked


async def look(db: Runs, served: Sequence[Scope], *, with_notices: bool) -> Backlog:
    """Count it, in one statement; raises Unavailable. Cards of other connections are not looked at."""
    row = await _SQL["look"].one(
        db,
        organization_ids=[scope.organization_id for scope in served],
        connection_ids=[scope.connection_id for scope in served],
        most=MOST,
        receivers=_RECEIVERS,
        each=IN_FLIGHT,
        with_notices=with_notices,
    )
    return Backlog(**row)
