"""When something visible last changed, and who waits for the next change."""

import asyncio
import time


class Changes:
    """A number that only grows. It starts at the clock, so that a page left open over a restart wakes too."""

    def __init__(self) -> None:
        self.version = int(time.time() * 1000)
        self._next = asyncio.Event()
        self._closed = False

    def bump(self) -> None:
        self.version += 1
        self._notifier()

    def close(self) -> None:
        """Let every waiter go now; those who come later do not wait."""
        self._closed = True
        self._notifier()

    async def wait(self, *, after: int, timeout: float) -> int:
        """The version as soon as it is greater than `after`, or whatever it is when the time is up."""
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
