"""An event loop with virtual time: time passes only while all tasks wait for timers, so that a minute takes no time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Skipping(selectors.DefaultSelector):
    """Advances the virtual time to the next timer instead of sleeping."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("all tasks wait, and there is no timer")
        if not ready and timeout:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now

    def block(self, seconds: float) -> None:
        self._skipping.now += seconds


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run until `main` is done; nothing in it may wait for I/O."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main())


def block(seconds: float) -> None:
    """Let time pass as if code blocked the running virtual event loop for so many seconds."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Loop)
    loop.block(seconds)
