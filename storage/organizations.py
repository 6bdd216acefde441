"""The tenants."""

from uuid import UUID

from storage import statements
from storage.model import Organization
from storage.statements import Runs

_SQL = statements.load("organizations")


async def create(db: Runs, *, organization_id: UUID, name: str) -> None:
    """Make an organization."""
    await _SQL["create"].run(db, organization_id=organization_id, name=name)


async def get(db: Runs, organization_id: UUID) -> Organization | None:
    """One organization."""
    row = await _SQL["get"].maybe(db, organization_id=organization_id)
    return Organization(**row) if row else None
