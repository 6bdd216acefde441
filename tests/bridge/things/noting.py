"""Notes for tests: written with a change of a recovery that changes nothing else, and posted by replicas that die."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from asyncpg import Record

from bridge.loops.notes import Notes
from bridge.notifier import Notifier
from bridge.things import transactions
from bridge.things.contract import Decision, Locked
from bridge.things.recovery import NOUN
from bridge.things.recovery.row import Recovery
from storage import errors
from storage.model import Scope
from storage.pool import Database
from storage.statements import Runs
from storage.things import LockedConnection
from tests.bridge.replica import Replica

T = TypeVar("T")


async def noted(db: Database, scope: Scope, id: UUID, *notes: str) -> None:
    """Write notes on a recovery, which stays as it is."""

    async def decide(_: Runs, locked: Locked[Recovery], __: LockedConnection) -> Decision[Recovery]:
        return Decision(row=locked.row, happened=(), is_quiet=True, notes=notes)

    assert await transactions.change(db, NOUN, scope, id, decide, seconds=10)


def loop(replica: Replica, db: Database | None = None, **more: Any) -> Notes:
    """The notes loop of another replica, which knows nothing of the first one's pauses."""
    return Notes(
        db=db or replica.db,
        installations=replica.installations,
        notifier=Notifier(),
        metrics=replica.metrics,
        **more,
    )


async def post_all(replica: Replica) -> None:
    """Post and edit notes until none is due, with all pauses and leases over."""
    for _ in range(20):
        await replica.db.fetch("delete from throttles")
        await replica.db.fetch("update notes set due_at = clock_timestamp(), leased_until = null")
        another = loop(replica)
        if not await another.post() + await another.edits.edit():
            return
    raise AssertionError("notes are still due after twenty steps")


class Dying(Database):
    """A replica that dies at the point with number `die_at`: before or after one of its statements, or a commit."""

    def __init__(self, db: Database, die_at: int) -> None:
        super().__init__(db.pool)
        self._die_at = die_at
        self._points = 0
        self.died_at = ""

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        name = " ".join(query.split())[:40]
        self.point(f"before {name}")
        rows = await super().fetch(query, *args)
        self.point(f"after {name}")
        return rows

    async def transact_within(self, run: Callable[[Runs], Awaitable[T]], *, seconds: float) -> T:
        async def work(runs: Runs) -> T:
            return await run(_Steps(self, runs))

        result = await super().transact_within(work, seconds=seconds)
        self.point("after the commit")
        return result

    def point(self, where: str) -> None:
        """Die here, or be dead already."""
        self._points += 1
        if self.died_at or self._points - 1 == self._die_at:
            self.died_at = self.died_at or where
            raise errors.Unavailable(errors.Failure.UNKNOWN, "this replica is dead")


class _Steps:
    """The statements of one transaction."""

    def __init__(self, db: Dying, runs: Runs) -> None:
        self._db = db
        self._runs = runs

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        name = " ".join(query.split())[:40]
        self._db.point(f"before {name}")
        rows = await self._runs.fetch(query, *args)
        self._db.point(f"after {name}")
        return rows
