"""Where an organization wants to be called."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.model import WebhookEndpoint
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("webhook_endpoints")

MOST_ACTIVE = 20  # of one organization: each costs every question that ends a row
MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Full:
    """The organization has MOST_ACTIVE endpoints. Nothing was changed."""


async def create(
    db: Database, organization_id: UUID, *, id: UUID, url: str, types: list[str] | None
) -> WebhookEndpoint | Full:
    """Make an endpoint, unless there are too many."""
    async with _counted(db, organization_id) as runs:
        row = await _SQL["create"].maybe(
            runs, organization_id=organization_id, id=id, url=url, types=types, most=MOST_ACTIVE
        )
    return WebhookEndpoint(**row) if row else Full()


async def of_organization(db: Runs, organization_id: UUID) -> list[WebhookEndpoint]:
    """The endpoints of an organization, newest first; of those that were disabled long ago not all."""
    rows = await _SQL["of_organization"].many(db, organization_id=organization_id, most=MOST_TOLD)
    return [WebhookEndpoint(**row) for row in rows]


async def get(db: Runs, organization_id: UUID, id: UUID) -> WebhookEndpoint | None:
    """One endpoint of this organization."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id, id=id)
    return WebhookEndpoint(**row) if row else None


async def change(
    db: Runs, organization_id: UUID, id: UUID, *, url: str | None, types: list[str] | None, same_types: bool
) -> WebhookEndpoint | None:
    """Call it elsewhere, unless `url` is None, and about `types`, unless they stay the same; its secret stays."""
    row = await _SQL["change"].maybe(
        db, organization_id=organization_id, id=id, url=url, types=types, same_types=same_types
    )
    return WebhookEndpoint(**row) if row else None


async def disable(db: Runs, organization_id: UUID, id: UUID, *, reason: str) -> WebhookEndpoint | None:
    """Send nothing more there; what is on its way becomes dead when it is due. Again: nothing changes."""
    row = await _SQL["disable"].maybe(db, organization_id=organization_id, id=id, reason=reason)
    return WebhookEndpoint(**row) if row else None


async def enable(db: Database, organization_id: UUID, id: UUID) -> WebhookEndpoint | Full | None:
    """Send there again, from the next event on, unless there are too many; None: there is no such endpoint."""
    async with _counted(db, organization_id) as runs:
        row = await _SQL["enable"].maybe(runs, organization_id=organization_id, id=id, most=MOST_ACTIVE)
        if row is None:
            return Full() if await get(runs, organization_id, id) else None
    return WebhookEndpoint(**row)


async def delete(db: Runs, organization_id: UUID, id: UUID) -> bool:
    """Let it be gone for good; False: there is none, or it was gone before. What waits for it is to be given up."""
    return await _SQL["delete"].maybe(db, organization_id=organization_id, id=id) is not None


async def rotate(db: Runs, organization_id: UUID, id: UUID) -> WebhookEndpoint | None:
    """Begin with the endpoint's next secret."""
    row = await _SQL["rotate"].maybe(db, organization_id=organization_id, id=id)
    return WebhookEndpoint(**row) if row else None


@contextlib.asynccontextmanager
async def _counted(db: Database, organization_id: UUID) -> AsyncIterator[Runs]:
    """Hold the organization first: those that count at the same moment would not see each other."""
    async with db.acquire() as runs, runs.transaction():
        await _SQL["lock"].run(runs, organization_id=organization_id)
        yield runs
