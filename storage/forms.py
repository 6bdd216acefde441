"""Forms: what a form is made from, and the forms that were opened from a card."""

from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.model import Handle, Json, Scope, StoredRequest
from storage.pool import Database
from storage.statements import Runs

_SQL = statements.load("forms")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedForm:
    """A form that a click opened; it may have been closed since."""

    claim_id: bytes  # of the click
    choice: str
    user_id: str
    page: int | None = None  # that a form of several pages shows; None: the first one, or the form has one page
    entered: Json | None = None  # on the pages that were sent, or left by Back


async def asked(db: Runs, scope: Scope, id: UUID) -> StoredRequest | None:
    """Return what was asked with an interaction of this scope; None if the scope has no such interaction."""
    row = await _SQL["asked"].maybe(
        db, organization_id=scope.organization_id, connection_id=scope.connection_id, interaction_id=id
    )
    return StoredRequest(**row) if row else None


async def opened(
    db: Database, organization_id: UUID, id: UUID, handle: Handle, *, seconds: float, limit: int
) -> list[OpenedForm]:
    """Return up to `limit` forms that were opened from one card within the last `seconds`, the latest first."""
    rows = await _SQL["opened"].many(
        db,
        organization_id=organization_id,
        interaction_id=id,
        channel=handle.channel,
        ts=handle.ts,
        seconds=seconds,
        limit=limit,
    )
    return [OpenedForm(**row) for row in rows]
