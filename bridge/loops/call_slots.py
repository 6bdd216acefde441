"""The calls to Slack that one replica makes at the same time: a few for each connection."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from uuid import UUID

_SLOTS = 3  # calls of one connection in flight: at most so many fail when its token becomes invalid
SLOT_SECONDS = 3.0  # to wait for a slot: PATIENCE before it and a whole call after it still fit into a lease


class CallSlots:
    """The slots of all connections on one replica; `seconds` limits the wait for one."""

    def __init__(self, *, seconds: float = SLOT_SECONDS) -> None:
        self.seconds = seconds
        self._slots: defaultdict[UUID, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_SLOTS))

    @contextlib.asynccontextmanager
    async def take(self, connection_id: UUID) -> AsyncIterator[bool]:
        """Hold one of a connection's slots while calling Slack; yields False if none is free within `seconds`."""
        slots = self._slots[connection_id]
        free = False
        with contextlib.suppress(TimeoutError):
            free = await asyncio.wait_for(slots.acquire(), timeout=self.seconds)
        try:
            yield free
        finally:
            if free:
                slots.release()
