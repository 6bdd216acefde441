"""Run loops: a step is repeated at once while it finds work, else after a wake or a jittered interval.

A failing step is logged and retried with back-off, and does not stop other loops. A loop that ends before the replica
stops is a bug and ends the process: a loop that stopped unnoticed would be worse.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bridge.logs import Log
from storage.errors import Unavailable

_log = Log("loops")
_MAX_PAUSE = 30.0  # seconds


@dataclass(slots=True, kw_only=True)
class Loop:
    """One loop: `step` makes one pass and returns how many rows it changed.

    `passed_at` is the time of the last pass that succeeded, by the event loop's clock; `failed` counts failed passes.
    """

    name: str
    step: Callable[[], Awaitable[int]]
    interval: float  # seconds between passes that find no work
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    passed_at: float | None = None
    failed: int = 0


async def run(loop: Loop, stopping: asyncio.Event) -> None:
    """Run one loop until `stopping` is set; a pass that has begun is finished."""
    clock = asyncio.get_running_loop().time
    failures = 0
    while not stopping.is_set():
        loop.wake.clear()
        try:
            moved = await loop.step()
        except Exception as error:  # noqa: BLE001  -- the loop continues after any error
            failures += 1
            loop.failed += 1
            if isinstance(error, Unavailable):  # expected, so its traceback would be of no use
                _log.warning("loop_failed", loop=loop.name, failures=failures, cause=error.cause)
            else:
                _log.failure("loop_failed", error, loop=loop.name, failures=failures)
            await _pause(stopping, seconds=min(_MAX_PAUSE, 2.0 ** min(failures - 1, 5)))
            continue
        failures, loop.passed_at = 0, clock()
        if moved == 0:
            await _pause(loop.wake, stopping, seconds=loop.interval)


async def _pause(*signals: asyncio.Event, seconds: float) -> None:
    """Wait for the first signal, at most about `seconds`: the jitter keeps replicas from polling all at once."""
    jittered = seconds * random.uniform(0.8, 1.2)  # noqa: S311  -- jitter guards nothing
    waits = {asyncio.ensure_future(signal.wait()) for signal in signals}
    try:
        await asyncio.wait(waits, timeout=jittered, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
