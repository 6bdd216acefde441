"""Resolves the names of webhook receivers in threads of their own, since the owner of a name decides how long it takes.

`getaddrinfo` cannot be cancelled. In the executor that the rest of the process shares, a few names whose DNS servers do
not answer would delay the resolution of Slack's name.
"""

import asyncio
import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

MAX_THREADS = 64  # more than concurrent attempts, since a thread outlives the attempt that started it
_SECONDS = 15.0  # to wait for a free thread
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

_AddressInfo: TypeAlias = list[tuple[Any, Any, int, str, tuple[Any, ...]]]
_Query: TypeAlias = tuple[str, socket.AddressFamily]


@dataclass(slots=True)
class Resolver(AbstractResolver):
    """Resolves up to `max_threads` names at once; concurrent calls for the same name share one lookup."""

    max_threads: int = MAX_THREADS
    _running: dict[_Query, asyncio.Future[_AddressInfo]] = field(default_factory=dict)
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.max_threads)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of a host; raises OSError, and ValueError for text that is not a valid name."""
        query = (host, family)
        if query not in self._running:
            async with asyncio.timeout(_SECONDS):
                await self._free.acquire()
            if query in self._running:
                self._free.release()  # another call started this lookup meanwhile
            else:
                self._begin(query)
        addresses = await asyncio.shield(self._running[query])
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=_NUMERIC,
            )
            for kind, _, protocol, _, address in addresses
        ]

    async def close(self) -> None:
        """Does nothing: the threads are daemons and end with the process."""

    def _begin(self, query: _Query) -> None:
        loop = asyncio.get_running_loop()
        self._running[query] = future = loop.create_future()

        def end(result: _AddressInfo | Exception) -> None:
            del self._running[query]
            self._free.release()
            if future.cancelled():
                return
            if isinstance(result, Exception):
                future.set_exception(result)
                future.exception()  # marks it as retrieved: all callers may have been cancelled
            else:
                future.set_result(result)

        def look_up() -> None:
            result: _AddressInfo | Exception
            try:
                host, family = query
                result = socket.getaddrinfo(
                    host, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
                )
            except Exception as error:  # noqa: BLE001  -- raised again in `resolve`
                result = error
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(end, result)

        # Not an executor: the interpreter waits for an executor's threads before it exits.
        try:
            threading.Thread(target=look_up, name="name of a receiver", daemon=True).start()
        except RuntimeError as error:  # the system allows no more threads
            end(OSError(str(error)))
