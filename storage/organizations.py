"""The tenants."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from storage import connections, statements
from storage.model import Organization
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("organizations")

_BATCH = 1000

# What points at a row goes before it.
DELETED_IN_ORDER = ("events", "clicks", "cards", "interactions", "keys", "connections", "organizations")


class StillActive(Exception):
    """Only a disabled organization can be deleted: in an active one new rows would come while the old ones go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disabled:
    """An organization whose keys open no door, and how many open questions that cancelled."""

    organization: Organization
    cancelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What of a disabled organization may still be on somebody's screen."""

    seconds: float  # since it was disabled
    questions: int  # past their deadline, which is not written yet
    cards: int  # that do not show yet what became of their question


async def create(db: Runs, *, organization_id: UUID, name: str) -> None:
    """Make an organization."""
    await _SQL["create"].run(db, organization_id=organization_id, name=name)


async def get(db: Runs, organization_id: UUID) -> Organization | None:
    """One organization."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id)
    return Organization(**row) if row else None


async def every(db: Runs) -> list[Organization]:
    """All organizations, oldest first."""
    return [Organization(**row) for row in await _SQL["every"].many(db)]


async def disable(db: Database, organization_id: UUID, *, new_id: Callable[[], UUID]) -> Disabled | None:
    """Close every door of an organization, cancelling what is open, in one transaction; None when there is no such one.

    Its keys are refused and all its connections disabled. `new_id` makes the ids of the events.
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
        return Disabled(organization=Organization(**row), cancelled=cancelled)


async def enable(db: Runs, organization_id: UUID) -> Organization | None:
    """Let its keys open doors again; its connections stay disabled. None when there is no such organization."""
    row = await _SQL["enable"].maybe(db, organization_id=organization_id)
    return Organization(**row) if row else None


async def leaving(db: Runs, organization_id: UUID) -> Leaving | None:
    """What a disabled organization still owes to screens; None when there is no such one, or it is active."""
    row = await _SQL["leaving"].maybe(db, organization_id=organization_id)
    return Leaving(**row) if row else None


async def delete(db: Database, organization_id: UUID, *, most: int = _BATCH) -> int:
    """Delete a disabled organization and every row of it, at most `most` at a time; how many rows. Raises StillActive.

    What was interrupted can be done again: the organization itself goes last.
    """
    if await leaving(db, organization_id) is None:
        raise StillActive
    total = 0
    for table in DELETED_IN_ORDER:
        deleted = most
        while deleted == most:
            row = await _SQL[f"delete_{table}"].one(
                db, organization_id=organization_id, **({} if table == "organizations" else {"most": most})
            )
            deleted = row["deleted"]
            total += deleted
    return total
