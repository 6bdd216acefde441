"""How every loop runs: its step again at once while it finds work, else after a wake or a jittered interval.

A failing step is logged and backed off, and never takes its siblings down. A loop that ends before the replica stops
is a mistake of ours and ends the process: an idle loop that nobody notices would be worse.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bridge.logs import Log
from storage.errors import Unavailable

_log = Log("loops")
_LONGEST_PAUSE = 30.0


@dataclass(slots=True, kw_only=True)
class Loop:
    """One duty: `step` makes one pass and says how many rows it moved. `passed_at` is when a pass last succeeded.

    `failed` counts the passes that did not.
    """

    name: str
    step: Callable[[], Awaitable[int]]
    interval: float  # seconds between passes that find nothing
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    passed_at: float | None = None
    failed: int = 0


async def run(loop: Loop, stopping: asyncio.Event) -> None:
    """Run one loop until `stopping`; the pass in hand is finished."""
    clock = asyncio.get_running_loop().time
    failures = 0
    while not stopping.is_set():
        loop.wake.clear()
        try:
            moved = await loop.step()
        except Exception as error:  # noqa: BLE001  -- whatever it is, the loop goes on
            failures += 1
            loop.failed += 1
            if isinstance(error, Unavailable):  # foreseen, so where it happened is of no use to anybody
                _log.warning("loop_failed", loop=loop.name, failures=failures, cause=error.cause)
            else:
                _log.failure("loop_failed", error, loop=loop.name, failures=failures)
            await _pause(stopping, seconds=min(_LONGEST_PAUSE, 2.0 ** min(failures - 1, 5)))
            continue
        failures, loop.passed_at = 0, clock()
        if moved == 0:
            await _pause(loop.wake, stopping, seconds=loop.interval)


async def _pause(*signals: asyncio.Event, seconds: float) -> None:
    """Wait for the first signal, at most about `seconds`, so that replicas do not look all at once."""
    jittered = seconds * random.uniform(0.8, 1.2)  # noqa: S311  -- jitter guards nothing
    waits = {asyncio.ensure_future(signal.wait()) for signal in signals}
    try:
        await asyncio.wait(waits, timeout=jittered, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
