"""The lines that a person types on stdin, without a thread that would keep the program from ending."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator

_MAX = 4_096  # bytes of one read; a terminal gives a line at a time


@contextlib.contextmanager
def lines() -> Iterator[asyncio.Queue[str]]:
    """A queue of the lines typed from now on; it stays empty if stdin is closed, a file or no terminal and no pipe."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    loop, rest = asyncio.get_running_loop(), b""

    def read() -> None:
        nonlocal rest
        try:
            some = os.read(descriptor, _MAX)
        except OSError:
            some = b""
        if not some:
            loop.remove_reader(descriptor)
            return
        *whole, rest = (rest + some).split(b"\n")
        for line in whole:
            queue.put_nowait(line.decode(errors="replace"))

    try:
        descriptor = sys.stdin.fileno()
        loop.add_reader(descriptor, read)
    except (AttributeError, OSError, ValueError):  # closed, or of a sort that has no readiness, such as /dev/null
        yield queue
        return
    try:
        yield queue
    finally:
        loop.remove_reader(descriptor)
