"""End what has passed its deadline, with the default answer when one was asked for, as soon as the deadline passes."""

import asyncio

from bridge import ids
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import deadlines
from storage.pool import Database

BATCH = 1000
COALESCE_SECONDS = 0.02  # one pass for all deadlines that pass meanwhile
_AGAIN_SECONDS = 1.0  # until another look at what was held by something else
_SOON = 15.0  # seconds: the loop itself looks sooner than it would be woken for a later deadline


async def step(db: Database, notifier: Notifier, reader: Reader) -> int:
    """End up to BATCH interactions whose deadline has passed; their cards and waiters follow. How many those were.

    The loop is woken again when the next deadline passes, so that a reader seldom meets one that is not written.
    """
    await asyncio.sleep(COALESCE_SECONDS)
    expired = await deadlines.expire(db, event_ids=[ids.new() for _ in range(BATCH)])
    reader.report(expired.ended)
    if expired.next_in is not None and expired.next_in < _SOON:
        seconds = expired.next_in if expired.next_in > 0 else _AGAIN_SECONDS
        asyncio.get_running_loop().call_later(seconds, notifier.expiry.set)
    return len(expired.ended)
