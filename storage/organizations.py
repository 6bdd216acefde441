"""Organizations, the tenants of the bridge."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from storage import connections, retention, statements
from storage.model import Organization
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("organizations")

_BATCH = 1000


class StillActive(Exception):
    """Only a disabled organization can be deleted: an active one would get new rows while the old ones are deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationDisabled:
    """An organization whose keys are refused and whose connections are disabled."""

    organization: Organization
    cancelled: int  # pending interactions that were cancelled by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """The work that is outstanding for a disabled organization."""

    seconds: float  # since it was disabled
    questions: int  # interactions whose deadline has passed and whose end is not written yet
    cards: int  # that do not show yet how their interaction ended
    deliveries: int  # that no webhook has accepted yet, and that are not given up


async def create(db: Runs, *, organization_id: UUID, name: str) -> None:
    """Create an organization."""
    await _SQL["create"].run(db, organization_id=organization_id, name=name)


async def get(db: Runs, organization_id: UUID) -> Organization | None:
    """Return one organization; None if there is none with this id."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id)
    return Organization(**row) if row else None


async def every(db: Runs) -> list[Organization]:
    """Return all organizations, oldest first."""
    return [Organization(**row) for row in await _SQL["every"].many(db)]


async def disable(db: Database, organization_id: UUID, *, new_id: Callable[[], UUID]) -> OrganizationDisabled | None:
    """Refuse an organization's keys, disable its connections and cancel its pending interactions, in one transaction.

    `new_id` makes the ids of the events. None if there is no such organization.
    """
    async with db.acquire() as runs, runs.transaction():
        row = await _SQL["disable"].maybe(runs, organization_id=organization_id)
        if row is None:
            return None
        cancelled = 0
        for connection in await connections.of_organization(runs, organization_id):
            done = await connections.disable_within(
                runs, organization_id=organization_id, id=connection.id, new_id=new_id
            )
            cancelled += done.cancelled if done else 0
        return OrganizationDisabled(organization=Organization(**row), cancelled=cancelled)


async def enable(db: Runs, organization_id: UUID) -> Organization | None:
    """Accept an organization's keys again; its connections stay disabled. None if there is no such organization."""
    row = await _SQL["enable"].maybe(db, organization_id=organization_id)
    return Organization(**row) if row else None


async def outstanding(db: Runs, organization_id: UUID) -> Outstanding | None:
    """Return the outstanding work of a disabled organization; None if there is no such organization or it is active."""
    row = await _SQL["outstanding"].maybe(db, organization_id=organization_id)
    return Outstanding(**row) if row else None


async def delete(db: Database, organization_id: UUID, *, limit: int = _BATCH) -> int:
    """Delete a disabled organization with all its rows, in batches of `limit`; returns how many. Raises StillActive.

    An interrupted deletion can be repeated: the row of the organization itself goes last.
    """
    if await outstanding(db, organization_id) is None:
        raise StillActive
    total = 0
    while rows := await _forget(db, organization_id, "hold_interactions", retention.forget, limit=limit):
        total += rows
    while rows := await _forget(db, organization_id, "hold_things", retention.delete_things, limit=limit):
        total += rows
    for table in ("clicks", "throttles", "keys", "serving", "connections", "webhook_endpoints"):
        while deleted := await _SQL[f"delete_{table}"].many(db, organization_id=organization_id, limit=limit):
            total += len(deleted)
    return total + len(await _SQL["delete"].many(db, organization_id=organization_id))


async def _forget(
    db: Database,
    organization_id: UUID,
    hold: str,
    forget: Callable[[Runs, Sequence[retention.Pair]], Awaitable[int]],
    *,
    limit: int,
) -> int:
    """Delete up to `limit` of the rows that the statement `hold` locks, with all of theirs; returns how many rows."""
    async with db.acquire() as held, held.transaction():
        await _SQL["hold"].run(held, organization_id=organization_id)
        rows = await _SQL[hold].many(held, organization_id=organization_id, limit=limit)
        return await forget(held, [(organization_id, row["id"]) for row in rows])
