"""Work items for tests: added and moved in the transactions of the bridge without its API, and by claims."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bridge import ids
from bridge.things import transactions
from bridge.things.contract import Decision, Locked
from bridge.things.transactions import ClaimedRound, Settled
from bridge.things.work import NOUN, life
from bridge.things.work.names import WORK_LOCK
from bridge.things.work.row import WorkItem
from storage import things
from storage.interactions import ClaimRequest
from storage.model import Json, Thing
from storage.pool import Database
from storage.statements import Runs
from storage.things import Opening, ThingRow
from tests.bridge.things import recoveries
from tests.bridge.things.work.building import create
from tests.storage.build import Tenant

BY: Json = {"key": "deploy-bot"}
SECONDS = 900
Move = Callable[[Locked[WorkItem]], life.Result | None]


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """The work items of an organization, and what agents do to them by one pool."""

    db: Database
    tenant: Tenant

    async def add(self, *depends_on: UUID, to: list[Json] | None = None, **fields: Any) -> Thing:
        """Add an item whose card is to be posted to a channel, unless other places are given."""
        tenant = self.tenant

        async def work(runs: Runs) -> Thing:
            await things.lock_name(runs, tenant.scope.organization_id, WORK_LOCK)
            connection = await things.lock_connection(runs, tenant.scope)
            found = await NOUN.table.several(runs, tenant.scope.organization_id, depends_on)
            dependencies: list[Json] = [
                {
                    "id": NOUN.id_of(id, found[id].row),
                    "is_met": found[id].row.status == "done",
                    "item": str(id),
                }
                for id in depends_on
            ]
            now = await things.now(runs)
            opening = Opening(
                scope=tenant.scope,
                id=ids.new(),
                noun="work",
                key_id=tenant.key_id,
                opened_by="deploy-bot",
                now=now,
                asked_addresses=[{"channel": recoveries.CHANNEL}] if to is None else to,
                home_teams=tenant.connection.home_teams,
            )
            thing = await things.open(runs, opening)
            decision = life.created(create(**fields), BY, dependencies=dependencies, now=now)
            written = await transactions.write(runs, NOUN, thing, connection, decision, now=now)
            return written.after.thing

        return await self.db.transact_within(work, seconds=5)

    async def found(self, id: UUID) -> ThingRow[WorkItem]:
        """An item as it is now."""
        row = await NOUN.table.get(self.db, self.tenant.scope.organization_id, id)
        assert row is not None
        return row

    async def row(self, id: UUID) -> WorkItem:
        return (await self.found(id)).row

    async def make(self, id: UUID, move: Move) -> Settled[WorkItem]:
        """Move an item; fails if it cannot be moved so."""
        scope = self.tenant.scope

        async def work(runs: Runs) -> Settled[WorkItem]:
            await things.lock_name(runs, scope.organization_id, WORK_LOCK)
            connection = await things.lock_connection(runs, scope)
            locked = await transactions.lock(runs, NOUN, scope.organization_id, id)
            assert locked is not None
            decision = move(locked)
            assert isinstance(decision, Decision), decision
            return await transactions.write(runs, NOUN, locked.thing, connection, decision, now=locked.now)

        return await self.db.transact_within(work, seconds=5)

    async def lease(self, id: UUID, owner: str = "worker-1", seconds: int = SECONDS) -> int:
        """Lease an item to an agent; returns the fence."""
        made = await self.make(id, lambda locked: life.leased(locked, {"agent": owner}, seconds, BY))
        return made.after.row.attempts

    async def complete(self, id: UUID, fence: int | None = None, result: str | None = None) -> Settled[WorkItem]:
        """Complete an item, with the fence if an agent holds it."""
        return await self.make(id, lambda locked: life.completed(locked, fence, result, BY))

    async def let_expire(self, id: UUID) -> None:
        """Let the time of a lease be over, without a move."""
        await self.db.fetch(
            "update work_items set leased_at = leased_at - make_interval(days => 30), "
            "leased_until = clock_timestamp() where id = $1",
            id,
        )

    async def history(self, id: UUID) -> list[str]:
        """The moves of an item."""
        return [
            row["move"]
            for row in await self.db.fetch("select move from history where thing_id = $1 order by number", id)
        ]

    async def click(self, id: UUID, choice: str, **fields: Any) -> ClaimRequest:
        """A click on the open round of an item; with `given`, a submitted form."""
        round_id = (await self.found(id)).round_id
        assert round_id is not None
        return recoveries.click(self.tenant, round_id, choice, **fields)

    async def claim(self, id: UUID, request: ClaimRequest, *, db: Database | None = None) -> ClaimedRound[WorkItem]:
        """What became of a click, claimed by this pool or another."""
        return await transactions.claim(db or self.db, NOUN, id, request, seconds=20)

    async def clicked(self, id: UUID, choice: str, **fields: Any) -> ClaimedRound[WorkItem]:
        """What became of a click on the open round of an item."""
        return await self.claim(id, await self.click(id, choice, **fields))
