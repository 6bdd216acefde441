"""Lets the requests about one name take turns on this replica, so that they do not hold database connections to wait.

The database makes them take turns as well, across replicas, by the lock of the name; there each holds a connection.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

MAX_AT_ONCE = 4  # transactions behind names on one replica: others keep its connections for all else


class Turns:
    """The turns of all organizations on one replica."""

    def __init__(self, *, at_once: int = MAX_AT_ONCE) -> None:
        self._running = asyncio.Semaphore(at_once)
        self._locks: dict[tuple[UUID, str], asyncio.Lock] = {}
        self._users: Counter[tuple[UUID, str]] = Counter()

    @property
    def names(self) -> int:
        """How many names are locked or waited for."""
        return len(self._locks)

    @contextlib.asynccontextmanager
    async def take(self, organization_id: UUID, name: str) -> AsyncIterator[None]:
        """Run alone among those that give this name."""
        key = organization_id, name
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._users[key] += 1
        try:
            async with lock, self._running:
                yield
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._locks[key]
