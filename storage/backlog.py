"""The backlog in numbers for operators: how long work has been overdue, and how full the queues are."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage import statements
from storage.deliveries import IN_FLIGHT
from storage.model import Scope
from storage.statements import Runs

_SQL = statements.load("backlog")

MAX_COUNTED = 10_000  # pending interactions that are counted
MAX_RECEIVERS = 5_000  # receivers of pending deliveries that are examined


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How long the oldest item of each queue has been due, and how full things are."""

    cards_age: float | None  # seconds; None: nothing is due
    events_age: float | None  # the same, of events without their position or their deliveries
    deliveries_age: float | None  # the same; a delivery whose receiver is busy does not count as due
    open: int  # pending interactions, counted up to `max_counted`
    notices: float | None  # 0 to 1: the part of the server's notification queue that is in use; None: not requested


async def look(
    db: Runs,
    served: Sequence[Scope],
    *,
    with_notices: bool,
    max_counted: int = MAX_COUNTED,
    max_receivers: int = MAX_RECEIVERS,
) -> Backlog:
    """Measure the backlog in one statement; of cards, only those of the connections in `served`.

    At most `max_counted` pending interactions are counted, and the deliveries to at most `max_receivers` receivers are
    examined. Raises Unavailable.
    """
    row = await _SQL["look"].one(
        db,
        organization_ids=[scope.organization_id for scope in served],
        connection_ids=[scope.connection_id for scope in served],
        limit=max_counted,
        max_receivers=max_receivers,
        max_in_flight=IN_FLIGHT,
        with_notices=with_notices,
    )
    return Backlog(**row)
