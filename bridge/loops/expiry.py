"""End interactions when their deadline passes: with the default answer if the agent named one, else as expired.

Shortly before a default answer counts, the same pass makes the last call: the posted cards are edited once more, so
that a card that is gone is found, and a question without any card left ends as unreachable.
"""

import asyncio

from bridge import ids
from bridge.notifier import Notifier
from bridge.reader import Reader
from storage import deadlines
from storage.pool import Database

BATCH = 1000
COALESCE_SECONDS = 0.02  # one pass for all deadlines that pass in this time
_AGAIN_SECONDS = 1.0  # until the next pass for rows that were locked by another transaction
_SOON = 15.0  # seconds: for a later deadline the loop's own interval is shorter than a timer


async def step(db: Database, notifier: Notifier, reader: Reader) -> int:
    """End up to BATCH interactions whose deadline has passed, and wake their cards and waiters. Returns how many.

    Wakes the loop again when the next deadline passes or the next last call is due, so that a reader seldom finds a
    passed deadline without an end.
    """
    await asyncio.sleep(COALESCE_SECONDS)
    expired = await deadlines.expire(db, event_ids=[ids.new() for _ in range(BATCH)])
    reader.report(expired.ended)
    if expired.called:
        notifier.cards.set()
    if expired.next_in is not None and expired.next_in < _SOON:
        seconds = expired.next_in if expired.next_in > 0 else _AGAIN_SECONDS
        asyncio.get_running_loop().call_later(seconds, notifier.expiry.set)
    return len(expired.ended)
