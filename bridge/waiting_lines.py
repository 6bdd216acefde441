"""Lines of requests that wait for any change of an organization, such as for something to take.

Only the first of a line is woken by a change, and looks; once it leaves, the next one is. So one change makes one look,
however many requests wait for it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from uuid import UUID

LOOK_SECONDS = 1.0  # how often the first of a line looks without a wake, which may be lost or come of time alone


class WaitingLines:
    """The lines of one replica, by organization and name. Waiting in one needs a running event loop."""

    def __init__(self, *, look_seconds: float = LOOK_SECONDS) -> None:
        self.look_seconds = look_seconds
        self._lines: defaultdict[UUID, dict[str, dict[asyncio.Event, None]]] = defaultdict(dict)  # the first one first
        self._timers: dict[tuple[UUID, str], asyncio.TimerHandle] = {}

    @contextmanager
    def waiting(self, organization_id: UUID, name: str) -> Iterator[asyncio.Event]:
        """Wait at the end of a line; the signal is set when the first one of it should look."""
        signal = asyncio.Event()
        line = self._lines[organization_id].setdefault(name, {})
        line[signal] = None
        if len(line) == 1:
            self._look_later(organization_id, name)
        try:
            yield signal
        finally:
            was_first = next(iter(line)) is signal
            del line[signal]
            if not line:
                self._close(organization_id, name)
            elif was_first:
                next(iter(line)).set()

    def wake(self, organization_id: UUID) -> None:
        """Something of this organization changed: wake the first one of each of its lines."""
        for line in self._lines.get(organization_id, {}).values():
            next(iter(line)).set()

    def wake_all(self) -> None:
        """Anything may have changed: wake the first one of every line."""
        for organization_id in self._lines:
            self.wake(organization_id)

    def end(self) -> None:
        """Wake everyone, because the replica stops."""
        for signal in self.signals():
            signal.set()

    def signals(self) -> Iterator[asyncio.Event]:
        """The signals of all who wait."""
        return chain.from_iterable(chain.from_iterable(lines.values()) for lines in self._lines.values())

    def _look_later(self, organization_id: UUID, name: str) -> None:
        def look() -> None:
            next(iter(self._lines[organization_id][name])).set()
            self._look_later(organization_id, name)

        loop = asyncio.get_running_loop()
        self._timers[organization_id, name] = loop.call_later(self.look_seconds, look)

    def _close(self, organization_id: UUID, name: str) -> None:
        self._timers.pop((organization_id, name)).cancel()
        del self._lines[organization_id][name]
        if not self._lines[organization_id]:
            del self._lines[organization_id]
