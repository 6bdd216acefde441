"""A version number of everything visible in the sandbox, and waiting for its next change."""

import asyncio
import time


class Changes:
    """A number that grows with every visible change.

    It starts at the clock's milliseconds, so that it is greater than before a restart and an open page sees a change.
    """

    def __init__(self) -> None:
        self.version = int(time.time() * 1000)
        self._next = asyncio.Event()
        self._closed = False

    def bump(self) -> None:
        self.version += 1
        self._notifier()

    def close(self) -> None:
        """End every wait now; later calls of `wait` return at once."""
        self._closed = True
        self._notifier()

    async def wait(self, *, after: int, timeout: float) -> int:
        """Return the version as soon as it is greater than `after`, or the current one after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while self.version <= after and not self._closed:
                    await self._next.wait()
        except TimeoutError:
            pass
        return self.version

    def _notifier(self) -> None:
        self._next.set()
        self._next = asyncio.Event()
