"""Work items as tests make, lease, link and complete them, without the API; and the truth of their counts."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.things import transactions
from bridge.things.contract import Decision
from bridge.things.transactions import Settled
from bridge.things.work import NOUN, life
from bridge.things.work.names import WORK_LOCK
from bridge.things.work.request import CreateWork
from bridge.things.work.row import WorkItem
from storage import things, work_items
from storage.model import Json
from storage.pool import Database
from storage.statements import Runs
from storage.things import Opening, Request, ThingRow
from storage.work_items import Picked
from tests.storage.build import Tenant

BY: Json = {"key": "deploy-bot"}
SECONDS = 20.0  # of a transaction: many of them wait for one lock

Pause = Callable[[], Awaitable[object]]


async def at_once() -> None:
    """No pause."""


COUNTS = {
    "unmet that is not the number of dependencies that are not met": """
        select work_items.id
        from work_items
        left join work_dependencies on
            work_dependencies.organization_id = work_items.organization_id
            and work_dependencies.item_id = work_items.id
        group by work_items.organization_id, work_items.id
        having work_items.unmet <> count(*) filter (where not work_dependencies.is_met)
    """,
    "dependencies that are met by what is not done, or not met by what is": """
        select work_dependencies.item_id
        from work_dependencies
        join work_items on
            work_items.organization_id = work_dependencies.organization_id
            and work_items.id = work_dependencies.depends_on_id
        where work_dependencies.is_met <> (work_items.status = 'done')
    """,
    "items that depend on themselves, through others or not": """
        with recursive reached as (
            select organization_id, item_id, depends_on_id
            from work_dependencies
            union
            select reached.organization_id, reached.item_id, work_dependencies.depends_on_id
            from reached
            join work_dependencies on
                work_dependencies.organization_id = reached.organization_id
                and work_dependencies.item_id = reached.depends_on_id
        )
        select item_id
        from reached
        where item_id = depends_on_id
    """,
    "leases whose number is not that of the leases in the history": """
        select work_items.id
        from work_items
        left join history on
            history.organization_id = work_items.organization_id
            and history.thing_id = work_items.id and history.move = 'leased'
        group by work_items.organization_id, work_items.id
        having work_items.attempts <> count(history.id)
    """,
}


async def wrong(db: Runs) -> list[str]:
    """Every contradiction between the rows of work items, with the id of an item."""
    return [f"{rule}: {row[0]}" for rule, query in COUNTS.items() for row in await db.fetch(query)]


async def counts(db: Runs) -> None:
    """Check that the rows of work items agree with what is true of them."""
    found = await wrong(db)
    assert not found, found[:5]


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """The work items of one organization."""

    db: Database
    tenant: Tenant

    @property
    def organization_id(self) -> UUID:
        return self.tenant.scope.organization_id

    async def add(
        self, depends_on: Iterable[UUID] = (), *, to: list[Json] | None = None, id: UUID | None = None, **fields: Any
    ) -> UUID:
        """Add an item under the work lock; `fields` are those of the request."""
        sent = CreateWork.model_validate({"title": "Import the customers"} | fields)
        others = list(depends_on)
        made = id or ids.new()

        async def work(runs: Runs) -> UUID:
            await things.lock_name(runs, self.organization_id, WORK_LOCK)
            connection = await things.lock_connection(runs, self.tenant.scope)
            found = {
                each.id: each for each in await work_items.resolve(runs, self.organization_id, ids=others, names=[])
            }
            dependencies: list[Json] = [
                {"id": NOUN.public_id(other), "item": str(other), "is_met": found[other].status == "done"}
                for other in others
            ]
            now = await things.now(runs)
            opening = Opening(
                scope=self.tenant.scope,
                id=made,
                noun=NOUN.name,
                key_id=self.tenant.key_id,
                opened_by="deploy-bot",
                now=now,
                asked_addresses=to,
                home_teams=None,
            )
            thing = await things.open(runs, opening)
            decision = life.created(sent, BY, dependencies=dependencies, now=now)
            await transactions.write(runs, NOUN, thing, connection, decision, now=now)
            return made

        return await self.db.transact_within(work, seconds=SECONDS)

    async def lease(
        self, owner: str = "worker", *, seconds: int = 900, phase: str | None = None, request: Request | None = None
    ) -> Picked | None:
        """Lease the next item in one statement."""
        return await work_items.lease(
            self.db,
            self.organization_id,
            owner=owner,
            seconds=seconds,
            phase=phase,
            by=BY,
            expired_id=ids.new(),
            leased_id=ids.new(),
            request=request,
        )

    async def move(
        self, id: UUID, move: Any, *args: Any, lock: bool = False, pause: Pause = at_once
    ) -> Settled[WorkItem]:
        """Move an item as a function of its life says, under the work lock or without it; `pause` before the commit."""

        async def work(runs: Runs) -> Settled[WorkItem]:
            if lock:
                await things.lock_name(runs, self.organization_id, WORK_LOCK)
            connection = await things.lock_connection(runs, self.tenant.scope)
            locked = await transactions.lock(runs, NOUN, self.organization_id, id)
            assert locked is not None
            decision = move(locked, *args)
            assert isinstance(decision, Decision), decision
            settled = await transactions.write(runs, NOUN, locked.thing, connection, decision, now=locked.now)
            await pause()
            return settled

        return await self.db.transact_within(work, seconds=SECONDS)

    async def complete(self, id: UUID, fence: int | None = None, *, pause: Pause = at_once) -> Settled[WorkItem]:
        """Complete an item; without a fence one that is not held."""
        return await self.move(id, life.completed, fence, None, BY, lock=True, pause=pause)

    async def link(self, id: UUID, other: UUID, *, pause: Pause = at_once) -> bool | None:
        """Let an item depend on another one; None if that would be a cycle."""

        async def work(runs: Runs) -> bool | None:
            await things.lock_name(runs, self.organization_id, WORK_LOCK)
            if await work_items.would_cycle(runs, self.organization_id, id=id, depends_on_id=other):
                return None
            await NOUN.table.lock(runs, self.organization_id, id)
            is_new = await work_items.link(
                runs, self.organization_id, id=id, depends_on_id=other, depends_on=NOUN.public_id(other)
            )
            await pause()
            return is_new

        return await self.db.transact_within(work, seconds=SECONDS)

    async def unlink(self, id: UUID, other: UUID) -> bool:
        """Let an item no longer depend on another one."""

        async def work(runs: Runs) -> bool:
            await things.lock_name(runs, self.organization_id, WORK_LOCK)
            await NOUN.table.lock(runs, self.organization_id, id)
            return await work_items.unlink(runs, self.organization_id, id=id, depends_on_id=other, depends_on=None)

        return await self.db.transact_within(work, seconds=SECONDS)

    async def found(self, id: UUID) -> ThingRow[WorkItem]:
        """An item as it is now."""
        row = await NOUN.table.get(self.db, self.organization_id, id)
        assert row is not None
        return row
