"""Ctrl-C and SIGTERM as the cancellation of a task, so that a command can still say what it knows."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def cancelled_by_signals() -> Iterator[asyncio.Task[object]]:
    """Ctrl-C and SIGTERM cancel the current task, which can then still print the id of the interaction."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise RuntimeError("no task runs this")
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        yield task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
