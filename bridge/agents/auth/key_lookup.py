"""Looks up API keys: each with its own statement, until many unfamiliar keys arrive; those are looked up in batches.

An unfamiliar key is one that this replica does not remember as valid. So guessing keys costs the database about
1 / _PAUSE statements a second on each replica, at any rate of guesses, once the few single lookups are used up. As
every key is looked up in the end, no valid key is ever locked out; only its first request may be _PAUSE late.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from cachetools import LRUCache

from storage import keys
from storage.model import Key
from storage.pool import Database

MISSES = 20  # unfamiliar keys that get a statement of their own before batches begin
REGAIN_SECONDS = 1.0  # after which one more unfamiliar key gets a statement of its own
_PAUSE = 0.05  # seconds between two batches
_REMEMBERED = 10_000  # digests of keys that were valid; one that is dropped is unfamiliar again


@dataclass(slots=True)
class _Batch:
    """Unfamiliar keys that are looked up with one statement."""

    digests: set[bytes] = field(default_factory=set)
    keys: asyncio.Task[dict[bytes, Key]] | None = None


class KeyLookup:
    """Looks up the keys of the requests to this replica."""

    def __init__(self, db: Database, *, regain_seconds: float = REGAIN_SECONDS) -> None:
        self._db = db
        self._regain_seconds = regain_seconds
        self._owners: LRUCache[bytes, UUID] = LRUCache(maxsize=_REMEMBERED)
        self._regained_at = 0.0  # by the event loop's clock: when all MISSES are available again
        self._next = _Batch()
        self._looking_up = asyncio.Lock()

    @property
    def remembered_count(self) -> int:
        """How many keys are remembered because they were valid."""
        return len(self._owners)

    @property
    def batched_count(self) -> int:
        """How many keys wait for the next batch."""
        return len(self._next.digests)

    def owner(self, secret: str) -> UUID | None:
        """The organization of a key at its last valid request, if it is remembered; the key may be revoked since."""
        return self._owners.get(keys.digest(secret))

    async def find(self, secret: str) -> Key | None:
        """The key as it is stored now; None when it is unknown, revoked, or of a disabled organization."""
        digest = keys.digest(secret)
        if digest in self._owners or self._may_miss():
            key = await keys.of_secret(self._db, secret)
        else:
            key = await self._in_batch(digest)
        if key is None:
            self._owners.pop(digest, None)
        else:
            self._owners[digest] = key.organization_id
        return key

    def _may_miss(self) -> bool:
        """Count an unfamiliar key, and return whether it gets its own statement.

        Counted before the lookup, because a thousand may arrive at once.
        """
        now = asyncio.get_running_loop().time()
        at = max(self._regained_at, now) + self._regain_seconds
        if at > now + MISSES * self._regain_seconds:
            return False
        self._regained_at = at
        return True

    async def _in_batch(self, digest: bytes) -> Key | None:
        batch = self._next
        batch.digests.add(digest)
        if batch.keys is None:
            batch.keys = asyncio.create_task(self._look_up(batch))
        # Shielded, so that a cancelled request does not cancel the lookup of the others.
        return (await asyncio.shield(batch.keys)).get(digest)

    async def _look_up(self, batch: _Batch) -> dict[bytes, Key]:
        async with self._looking_up:
            await asyncio.sleep(_PAUSE)
            self._next = _Batch()
            return await keys.of_digests(self._db, list(batch.digests))
