"""What a person entered on the pages of a form so far, for whichever replica gets the next one."""

from dataclasses import dataclass
from uuid import UUID

from storage import statements
from storage.model import Json, Scope, StoredRequest
from storage.statements import Runs

_SQL = statements.load("form_pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormKey:
    """One form of one person: `form` is the claim id of the click that opened it."""

    scope: Scope
    interaction_id: UUID
    form: bytes
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPages:
    """The page that the form shows, counted from 0, and what was entered on all of its pages."""

    page: int
    entered: Json


async def keep(db: Runs, key: FormKey, pages: KeptPages, *, claim_id: bytes) -> None:
    """Keep this in place of what an earlier request kept; `claim_id` is of the request, which was claimed before.

    Does nothing if a later one has kept something, or for an interaction that is not in the scope.
    """
    await _SQL["keep"].run(db, **_columns(key), page=pages.page, entered=pages.entered, claim_id=claim_id)


async def kept(db: Runs, key: FormKey) -> KeptPages | None:
    """Return what was kept of a form; None if nothing was."""
    row = await _SQL["kept"].maybe(db, **_columns(key))
    return KeptPages(**row) if row else None


async def asked(db: Runs, key: FormKey) -> tuple[StoredRequest | None, KeptPages | None]:
    """Return what was asked with the interaction of a form, and what was kept of the form, in one round trip.

    None for an interaction that is not in the scope, and for nothing kept.
    """
    row = await _SQL["asked"].maybe(db, **_columns(key))
    if row is None:
        return None, None
    kept = KeptPages(page=row["page"], entered=row["entered"]) if row["page"] is not None else None
    return StoredRequest(kind=row["kind"], request=row["request"]), kept


def _columns(key: FormKey) -> Json:
    return {
        "organization_id": key.scope.organization_id,
        "connection_id": key.scope.connection_id,
        "interaction_id": key.interaction_id,
        "form": key.form,
        "user_id": key.user_id,
    }
