"""Time that passes only when everybody waits for it: what takes a minute is over at once, in the right order."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Skipping(selectors.DefaultSelector):
    """Instead of sleeping until the next timer, note that the time has come."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("everybody waits for somebody else")
        if not found and timeout:
            self.now += timeout
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run until `main` is done. Nothing in it may wait for the outside world."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main())
