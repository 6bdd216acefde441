"""Failures of connections that nothing waits for any more: asyncio would log a traceback for each.

A connection attempt that timed out, or the cancellation of a statement, leaves a future in asyncpg or aiohttp. When the
network then fails, the future gets that error, after the operation itself was reported as failed to its caller.
"""

import asyncio
from typing import Any, Final

import aiohttp

from storage import errors

_EXPECTED: Final = (OSError, EOFError, aiohttp.ClientError, errors.Unavailable, *errors.FOREIGN)
_SHIELDED = "in shielded future"  # Python 3.14 reports what a call ended with whose caller was cancelled


def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Handle what asyncio reports: drop errors of the network in a future that was abandoned, and log all else.

    The error of a task that was not awaited is always logged: a task is ours, and its end must not go unseen.
    """
    future, error = context.get("future"), context.get("exception")
    is_abandoned = isinstance(future, asyncio.Future) and (
        not isinstance(future, asyncio.Task) or _SHIELDED in str(context.get("message"))
    )
    if is_abandoned and isinstance(error, _EXPECTED):
        return
    loop.default_exception_handler(context)
