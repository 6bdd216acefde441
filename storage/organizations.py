"""The tenants."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from storage import connections, retention, statements
from storage.model import Organization
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("organizations")

_BATCH = 1000


class StillActive(Exception):
    """Only a disabled organization can be deleted: in an active one new rows would come while the old ones go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disabled:
    """An organization whose keys open no door, and how many open questions that cancelled."""

    organization: Organization
    cancelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What a disabled organization still owes: to screens, and to agents."""

    seconds: float  # since it was disabled
    questions: int  # past their deadline, which is not written yet
    cards: int  # that do not show yet what became of their question
    deliveries: int  # that no webhook has accepted yet, and that are not given up


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
    """What a disabled organization still owes; None when there is no such one, or it is active."""
    row = await _SQL["leaving"].maybe(db, organization_id=organization_id)
    return Leaving(**row) if row else None


async def delete(db: Database, organization_id: UUID, *, most: int = _BATCH) -> int:
    """Delete a disabled organization and every row of it, in batches of `most`; how many rows. Raises StillActive.

    What was interrupted can be done again: the organization itself goes last.
    """
    if await leaving(db, organization_id) is None:
        raise StillActive
    total = 0
    while rows := await _forget_questions(db, organization_id, most=most):
        total += rows
    for table in ("clicks", "throttles", "keys", "serving", "connections", "webhook_endpoints"):
        while deleted := await _SQL[f"delete_{table}"].many(db, organization_id=organization_id, most=most):
            total += len(deleted)
    return total + len(await _SQL["delete"].many(db, organization_id=organization_id))


async def _forget_questions(db: Database, organization_id: UUID, *, most: int) -> int:
    async with db.acquire() as held, held.transaction():
        await _SQL["hold"].run(held, organization_id=organization_id)
        questions = await _SQL["hold_questions"].many(held, organization_id=organization_id, most=most)
        return await retention.forget(held, [(organization_id, row["id"]) for row in questions])
