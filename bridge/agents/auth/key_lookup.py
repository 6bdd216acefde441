"""Whose a key is. Each is looked up by itself, until many strange ones come: those are then looked up together.

So whoever guesses costs the database at most 1 / _PAUSE statements a second on each replica, however fast. And as every
key is looked up in the end, no valid one is ever locked out; only the first request with it may be late by _PAUSE.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from cachetools import LRUCache

from storage import keys
from storage.model import Key
from storage.pool import Database

_MISSES = 20  # strange keys that are looked up by themselves before one statement is made for many
_FORGIVEN = 1.0  # seconds after which one of them is forgotten
_PAUSE = 0.05  # seconds between two lookups for many
_REMEMBERED = 10_000  # digests of keys that were valid; a forgotten one is a strange one again


@dataclass(slots=True)
class _Batch:
    """Strange keys that are looked up with one statement."""

    digests: set[bytes] = field(default_factory=set)
    found: asyncio.Task[dict[bytes, Key]] | None = None


class KeyLookup:
    """The keys that come to this replica."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._owners: LRUCache[bytes, UUID] = LRUCache(maxsize=_REMEMBERED)
        self._forgiven_at = 0.0  # by the loop's clock: when all strange keys will be forgotten
        self._next = _Batch()
        self._asking = asyncio.Lock()

    def owner(self, secret: str) -> UUID | None:
        """The organization that this key was of when it last came, if it is remembered; it may be revoked since."""
        return self._owners.get(keys.digest(secret))

    async def find(self, secret: str) -> Key | None:
        """The key as it is now; None when it is unknown, revoked, or of a disabled organization."""
        digest = keys.digest(secret)
        if digest in self._owners or self._may_miss():
            found = await keys.of_secret(self._db, secret)
        else:
            found = await self._together(digest)
        if found is None:
            self._owners.pop(digest, None)
        else:
            self._owners[digest] = found.organization_id
        return found

    def _may_miss(self) -> bool:
        """Whether a strange key may be looked up by itself: counted before, because a thousand may come at once."""
        now = asyncio.get_running_loop().time()
        at = max(self._forgiven_at, now) + _FORGIVEN
        if at > now + _MISSES * _FORGIVEN:
            return False
        self._forgiven_at = at
        return True

    async def _together(self, digest: bytes) -> Key | None:
        batch = self._next
        batch.digests.add(digest)
        if batch.found is None:
            batch.found = asyncio.create_task(self._look_up(batch))
        # Whoever goes away leaves the others their answer.
        return (await asyncio.shield(batch.found)).get(digest)

    async def _look_up(self, batch: _Batch) -> dict[bytes, Key]:
        async with self._asking:
            await asyncio.sleep(_PAUSE)
            self._next = _Batch()
            return await keys.of_digests(self._db, list(batch.digests))
