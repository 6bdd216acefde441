"""Webhook endpoints: the URLs that are called about an organization's events."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.model import WebhookEndpoint
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("webhook_endpoints")

MAX_ACTIVE = 20  # of one organization: each one adds a row of deliveries for every interaction that ends
MAX_LISTED = 200  # on one page, which so has all active ones and others


@dataclass(frozen=True, slots=True)
class TooManyEndpoints:
    """The organization has MAX_ACTIVE active endpoints. Nothing was changed."""


async def create(
    db: Database, organization_id: UUID, *, id: UUID, url: str, types: list[str] | None
) -> WebhookEndpoint | TooManyEndpoints:
    """Create an endpoint, unless the organization has too many."""
    async with _locked(db, organization_id) as runs:
        row = await _SQL["create"].maybe(
            runs, organization_id=organization_id, id=id, url=url, types=types, max_active=MAX_ACTIVE
        )
    return WebhookEndpoint(**row) if row else TooManyEndpoints()


async def page(db: Runs, organization_id: UUID, *, before: UUID | None, limit: int) -> list[WebhookEndpoint]:
    """Return up to `limit` endpoints: the active ones, newest first, then the disabled ones, newest first.

    With `before`, an id, only older ones that are disabled: the active ones are all on the first page.
    """
    rows = await _SQL["page"].many(db, organization_id=organization_id, before=before, limit=limit)
    return [WebhookEndpoint(**row) for row in rows]


async def get(db: Runs, organization_id: UUID, id: UUID) -> WebhookEndpoint | None:
    """Return one endpoint of this organization; None if there is none with this id."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id, id=id)
    return WebhookEndpoint(**row) if row else None


async def change(
    db: Runs, organization_id: UUID, id: UUID, *, url: str | None, types: list[str] | None, same_types: bool
) -> WebhookEndpoint | None:
    """Change an endpoint's URL, unless `url` is None, and its types, unless `same_types`; its secret stays.

    None if there is no such endpoint.
    """
    row = await _SQL["change"].maybe(
        db, organization_id=organization_id, id=id, url=url, types=types, same_types=same_types
    )
    return WebhookEndpoint(**row) if row else None


async def disable(db: Runs, organization_id: UUID, id: UUID, *, reason: str) -> WebhookEndpoint | None:
    """Disable an endpoint; its pending deliveries become dead when they are due. Idempotent. None: no such endpoint."""
    row = await _SQL["disable"].maybe(db, organization_id=organization_id, id=id, reason=reason)
    return WebhookEndpoint(**row) if row else None


async def enable(db: Database, organization_id: UUID, id: UUID) -> WebhookEndpoint | TooManyEndpoints | None:
    """Enable an endpoint, from the next event on, unless the organization has too many; None: no such endpoint."""
    async with _locked(db, organization_id) as runs:
        row = await _SQL["enable"].maybe(runs, organization_id=organization_id, id=id, max_active=MAX_ACTIVE)
        if row is None:
            return TooManyEndpoints() if await get(runs, organization_id, id) else None
    return WebhookEndpoint(**row)


async def delete(db: Runs, organization_id: UUID, id: UUID) -> bool:
    """Delete an endpoint; False if there is none. The caller then gives up its pending deliveries."""
    return await _SQL["delete"].maybe(db, organization_id=organization_id, id=id) is not None


async def rotate(db: Runs, organization_id: UUID, id: UUID) -> WebhookEndpoint | None:
    """Switch to the endpoint's next secret; None if there is no such endpoint."""
    row = await _SQL["rotate"].maybe(db, organization_id=organization_id, id=id)
    return WebhookEndpoint(**row) if row else None


@contextlib.asynccontextmanager
async def _locked(db: Database, organization_id: UUID) -> AsyncIterator[Runs]:
    """Lock the organization first: two calls that count its endpoints at once would not see each other's."""
    async with db.acquire() as runs, runs.transaction():
        await _SQL["lock"].run(runs, organization_id=organization_id)
        yield runs
