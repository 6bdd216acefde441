"""Agents' API keys: 256 random bits after a recognisable prefix, stored only as a digest."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from uuid import UUID

from storage import statements
from storage.model import Key
from storage.pool import Database

_SQL = statements.load("keys")

_MARK = "askb_"
_SHOWN = len(_MARK) + 4  # characters of a key that are stored and may be shown again


def digest(secret: str) -> bytes:
    """Return the digest of a key, as it is stored: SHA-256. A fast hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


async def create(db: Database, *, organization_id: UUID, id: UUID, name: str) -> tuple[Key, str]:
    """Create a key; the second value is the key itself, which is not stored and cannot be shown again."""
    secret = _MARK + secrets.token_urlsafe(32)
    row = await _SQL["create"].one(
        db,
        organization_id=organization_id,
        id=id,
        name=name,
        prefix=secret[:_SHOWN],
        digest=digest(secret),
    )
    return Key(**row), secret


async def of_secret(db: Database, secret: str) -> Key | None:
    """Return the key that a request presents; None if it is unknown, revoked, or of a disabled organization."""
    row = await _SQL["of_digest"].maybe(db, digest=digest(secret))
    return Key(**row) if row else None


async def of_digests(db: Database, digests: Sequence[bytes]) -> dict[bytes, Key]:
    """Return the keys with these digests, by digest, without revoked keys and keys of disabled organizations."""
    rows = [dict(row) for row in await _SQL["of_digests"].many(db, digests=list(digests))]
    return {row.pop("digest"): Key(**row) for row in rows}


async def of_organization(db: Database, organization_id: UUID) -> list[Key]:
    """Return every key of one organization, including the revoked ones, oldest first."""
    rows = await _SQL["of_organization"].many(db, organization_id=organization_id)
    return [Key(**row) for row in rows]


async def revoke(db: Database, *, organization_id: UUID, id: UUID) -> Key | None:
    """Revoke a key, so that every later request with it is refused; None if this organization has no such key."""
    row = await _SQL["revoke"].maybe(db, organization_id=organization_id, id=id)
    return Key(**row) if row else None


async def valid(db: Database, used: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return those of these (organization, id) pairs whose key is still valid."""
    organization_ids, ids = [organization for organization, _ in used], [id for _, id in used]
    rows = await _SQL["valid"].many(db, organization_ids=organization_ids, ids=ids)
    return {(row["organization_id"], row["id"]) for row in rows}
