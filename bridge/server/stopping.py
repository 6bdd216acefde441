"""How a replica is told to stop, and what it tells balancers from then on."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Stopping:
    """`requested` begins the drain, in which a replica serves everything and is not ready; `hurried` ends the drain."""

    requested: asyncio.Event = field(default_factory=asyncio.Event)
    hurried: asyncio.Event = field(default_factory=asyncio.Event)

    def request(self, *, hurry: bool = False) -> None:
        """Stop after the drain; `hurry`, or the second call, skips it."""
        if hurry or self.requested.is_set():
            self.hurried.set()
        self.requested.set()

    async def drain(self, seconds: float) -> None:
        """Wait for so many seconds, or until `hurried` is set."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.hurried.wait()

    async def release_connection(self, _: web.Request, response: web.StreamResponse) -> None:
        """Signal `on_response_prepare`: from the drain on, a client sends its next request over another connection."""
        if self.requested.is_set():
            response.force_close()
            response.headers["Connection"] = "close"


@contextlib.contextmanager
def signals(stopping: Stopping) -> Iterator[None]:
    """SIGTERM and SIGINT request the stop; a second one hurries it, and so does the first SIGINT at a terminal.

    After the block both are ignored: the replica has stopped, and its process ends by itself.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.request)
    loop.add_signal_handler(signal.SIGINT, partial(stopping.request, hurry=_at_a_terminal()))
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


def _at_a_terminal() -> bool:
    """Whether SIGINT is a person's Ctrl-C, and not a supervisor's way to stop a process."""
    return sys.stdin is not None and os.isatty(0)
