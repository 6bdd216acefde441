"""What happens to things without a click or a request: time passes, and connections are enabled again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from bridge.logs import Log
from bridge.metrics import Metrics
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.contract import Decision, Locked, Noun
from bridge.things.registry import NOUNS
from bridge.things.transactions import Settled
from storage import errors, things
from storage.model import Scope
from storage.pool import TRY_SECONDS, Database
from storage.statements import Runs
from storage.things import LockedConnection

_log = Log("things")

BATCH = 100
MAX_FAILURES = 3  # in one pass; more of them are not of single things
AHEAD_SECONDS = 60.0  # longer than two intervals of the loop
LOOK_SECONDS = 100.0  # from one look for what no wake has announced, which reads all open things, to the next
_LATER = 0.01  # seconds: the timer does not ring before the database's clock


class Things:
    """The loop of things on one replica. Its `step` is safe on every replica at once: it decides on locked rows."""

    def __init__(self, *, db: Database, notifier: Notifier, metrics: Metrics | None = None) -> None:
        self._db = db
        self._notifier = notifier
        self._metrics = metrics or Metrics()
        self._next_look = 0.0  # by the event loop's clock

    async def step(self) -> int:
        """Do what is due; returns how many things were changed. At times look for missing rounds and notes too."""
        done, clock = await self._tick(), asyncio.get_running_loop().time
        if clock() >= self._next_look:
            opened = await self.open_missing_rounds()
            if not opened:  # else there may be more
                self._next_look = clock() + LOOK_SECONDS
            done += opened
        return done

    async def _tick(self) -> int:
        """Change the things whose time has come, such as a recovery that is to be escalated; returns how many.

        Wakes the loop again when the next one is due.
        """
        done = failures = 0
        for noun in NOUNS.values():
            if noun.tick is None:
                continue
            for due in await noun.table.due(self._db, seconds=AHEAD_SECONDS, limit=BATCH):
                if due.seconds > 0:
                    asyncio.get_running_loop().call_later(due.seconds + _LATER, self._notifier.things.set)
                    break
                try:
                    done += await self._change(noun, due.scope, due.id, _ticked(noun))
                except errors.Unavailable as error:  # another transaction may hold this thing
                    failures += 1
                    if failures > MAX_FAILURES:
                        raise
                    _log.warning("thing_put_off", thing=noun.public_id(due.id), cause=error.cause)
        return done

    async def open_missing_rounds(self) -> int:
        """Open a round for things that should have one, and whose connection was disabled; returns how many.

        Also wakes the notes loop if notes wait that no replica posts: one statement finds both.
        """
        overlooked = await things.overlooked(self._db, limit=BATCH)
        if overlooked.has_notes:
            self._notifier.notes_waiting()
        return sum(
            [
                await self._change(NOUNS[name], scope, id, _unchanged)
                for scope, id, name in overlooked.rounds
                if name in NOUNS
            ]
        )

    async def _change(
        self,
        noun: Noun[Any],
        scope: Scope,
        id: UUID,
        decide: Callable[[Runs, Locked[Any], LockedConnection], Awaitable[Decision[Any] | None]],
    ) -> int:
        try:
            settled = await transactions.change(self._db, noun, scope, id, decide, seconds=TRY_SECONDS)
        except errors.Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  -- a bug in the noun, met by one thing, must not stop the others
            _log.failure("thing_failed", error, thing=noun.public_id(id))
            return 0
        if settled is None or not settled.is_written:
            return 0
        self._report(noun, settled)
        return 1

    def _report(self, noun: Noun[Any], settled: Settled[Any]) -> None:
        thing = settled.after.thing
        for entry in settled.happened:
            _log.info("thing_moved", thing=noun.public_id(thing.id), move=entry.move)
            self._metrics.thing_moved(noun.name, entry.move)
        self._notifier.thing_changed(thing.organization_id, thing.id)


def _ticked(noun: Noun[Any]) -> Callable[[Runs, Locked[Any], LockedConnection], Awaitable[Decision[Any] | None]]:
    async def decide(_: Runs, locked: Locked[Any], connection: LockedConnection) -> Decision[Any] | None:
        if noun.tick is None or noun.is_final(locked.row):
            return None
        return noun.tick(replace(locked, is_connected=connection.is_active))

    return decide


async def _unchanged(_: Runs, locked: Locked[Any], __: LockedConnection) -> Decision[Any]:
    """Nothing happens to the thing; writing it opens the round that it should have."""
    return Decision(row=locked.row, happened=())
