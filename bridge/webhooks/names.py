"""What receivers' names mean: looked up in threads of their own, since a name's owner decides how long that takes.

`getaddrinfo` cannot be stopped. In the threads that everything else of a process shares, a few names that nobody
answers for would keep Slack's from being found.
"""

import asyncio
import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

MOST = 64  # threads; they outlive the attempts that began them, so there are more than of these
_SECONDS = 15.0  # that a thread is waited for
_FOUND_AS_NUMBERS = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

_Found: TypeAlias = list[tuple[Any, Any, int, str, tuple[Any, ...]]]
_Asked: TypeAlias = tuple[str, socket.AddressFamily]


@dataclass(slots=True)
class Resolver(AbstractResolver):
    """Looks up one name once at a time, however many ask for it, and up to `most` names at once."""

    most: int = MOST
    _running: dict[_Asked, asyncio.Future[_Found]] = field(default_factory=dict)
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.most)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of a host; raises OSError, and ValueError for what can be no name."""
        asked = (host, family)
        if asked not in self._running:
            async with asyncio.timeout(_SECONDS):
                await self._free.acquire()
            if asked in self._running:
                self._free.release()  # somebody else asked meanwhile
            else:
                self._begin(asked)
        found = await asyncio.shield(self._running[asked])
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=_FOUND_AS_NUMBERS,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is waited for: the threads end with the process."""

    def _begin(self, asked: _Asked) -> None:
        loop = asyncio.get_running_loop()
        self._running[asked] = coming = loop.create_future()

        def end(found: _Found | Exception) -> None:
            del self._running[asked]
            self._free.release()
            if coming.cancelled():
                return
            if isinstance(found, Exception):
                coming.set_exception(found)
                coming.exception()  # seen, if nobody waits any more
            else:
                coming.set_result(found)

        def look_up() -> None:
            found: _Found | Exception
            try:
                host, family = asked
                found = socket.getaddrinfo(
                    host, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
                )
            except Exception as error:  # noqa: BLE001  -- whoever asked gets it
                found = error
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(end, found)

        # Not of an executor: the interpreter waits for the threads of those before it ends.
        try:
            threading.Thread(target=look_up, name="name of a receiver", daemon=True).start()
        except RuntimeError as error:  # no more threads to be had
            end(OSError(str(error)))
