"""Where an organization wants to be called."""

from uuid import UUID

from storage import statements
from storage.model import WebhookEndpoint
from storage.statements import Runs

_SQL = statements.load("webhook_endpoints")

MOST_ACTIVE = 20  # of one organization: each costs every question that ends a row
MOST_TOLD = 200


async def create(
    db: Runs, organization_id: UUID, *, id: UUID, url: str, types: list[str] | None
) -> WebhookEndpoint | None:
    """Make an endpoint; None when the organization has MOST_ACTIVE."""
    row = await _SQL["create"].maybe(db, organization_id=organization_id, id=id, url=url, types=types, most=MOST_ACTIVE)
    return WebhookEndpoint(**row) if row else None


async def of_organization(db: Runs, organization_id: UUID) -> list[WebhookEndpoint]:
    """The endpoints of an organization, newest first; of those that were disabled long ago not all."""
    rows = await _SQL["of_organization"].many(db, organization_id=organization_id, most=MOST_TOLD)
    return [WebhookEndpoint(**row) for row in rows]


async def get(db: Runs, organization_id: UUID, id: UUID) -> WebhookEndpoint | None:
    """One endpoint of this organization."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id, id=id)
    return WebhookEndpoint(**row) if row else None


async def disable(db: Runs, organization_id: UUID, id: UUID, *, reason: str) -> WebhookEndpoint | None:
    """Send nothing more there; what is on its way becomes dead when it is due. Again: nothing changes."""
    row = await _SQL["disable"].maybe(db, organization_id=organization_id, id=id, reason=reason)
    return WebhookEndpoint(**row) if row else None


async def enable(db: Runs, organization_id: UUID, id: UUID) -> WebhookEndpoint | None:
    """Send there again, from the next event on."""
    row = await _SQL["enable"].maybe(db, organization_id=organization_id, id=id)
    return WebhookEndpoint(**row) if row else None


async def rotate(db: Runs, organization_id: UUID, id: UUID) -> WebhookEndpoint | None:
    """Begin with the endpoint's next secret."""
    row = await _SQL["rotate"].maybe(db, organization_id=organization_id, id=id)
    return WebhookEndpoint(**row) if row else None
