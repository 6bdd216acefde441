"""Resolves the names of webhook receivers in threads of their own, since the owner of a name decides how long it takes.

`getaddrinfo` cannot be cancelled. In the executor that the rest of the process shares, a few names whose DNS servers do
not answer would delay the resolution of Slack's name. An organization has no more threads than remain for the others:
so the unanswered names of one leave threads for the next.
"""

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from aiohttp.abc import AbstractResolver, ResolveResult

MAX_THREADS = 64  # more than concurrent attempts, since a thread outlives the attempt that started it
_SECONDS = 15.0  # to wait for a free thread
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

_AddressInfo: TypeAlias = list[tuple[Any, Any, int, str, tuple[Any, ...]]]
_Query: TypeAlias = tuple[str, socket.AddressFamily]
_owner: ContextVar[UUID | None] = ContextVar("owner", default=None)  # aiohttp's tasks copy it


@contextlib.contextmanager
def on_behalf_of(organization_id: UUID | None) -> Iterator[None]:
    """Names that are resolved within the context count for this organization; None counts like one of its own."""
    token = _owner.set(organization_id)
    try:
        yield
    finally:
        _owner.reset(token)


@dataclass(slots=True)
class Resolver(AbstractResolver):
    """Resolves up to `max_threads` names at once, half of them for an organization that is alone.

    Concurrent calls for the same name share one lookup, which counts for the first.
    """

    max_threads: int = MAX_THREADS
    _running: dict[_Query, asyncio.Future[_AddressInfo]] = field(default_factory=dict)
    _used: Counter[UUID | None] = field(default_factory=Counter)  # threads, by organization
    _changed: asyncio.Event = field(default_factory=asyncio.Event)  # set once, and replaced

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of a host; raises OSError, and ValueError for text that is not a valid name."""
        query, owner = (host, family), _owner.get()
        async with asyncio.timeout(_SECONDS):
            while query not in self._running and not self._has_room(owner):
                await self._changed.wait()
        if query not in self._running:
            self._begin(query, owner)
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

    def _has_room(self, owner: UUID | None) -> bool:
        return self._used[owner] < self.max_threads - self._used.total()

    def _release(self, owner: UUID | None) -> None:
        self._used[owner] -= 1
        if not self._used[owner]:
            del self._used[owner]
        self._wake()

    def _wake(self) -> None:
        """Let every call that waits look again: a thread is free, or the lookup of its name has begun."""
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    def _begin(self, query: _Query, owner: UUID | None) -> None:
        self._used[owner] += 1
        loop = asyncio.get_running_loop()
        self._running[query] = future = loop.create_future()
        self._wake()

        def end(result: _AddressInfo | Exception) -> None:
            del self._running[query]
            self._release(owner)
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
