"""Work items: who leases which next, and what depends on what.

Whatever makes, meets or ends a dependency first takes the work lock of the organization (`things.lock_name`): then
`unmet` of an item is the number of its dependencies that are not done, whatever happens at the same moment.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from uuid import UUID

from asyncpg.exceptions import UniqueViolationError

from storage import statements
from storage.model import Json, Scope, Thing
from storage.statements import Runs
from storage.things import NounTable, Request, ThingRow, Turn, taken

_SQL = statements.load("work_items")
_NAMES = "work_items_name"

R = TypeVar("R")  # the dataclass of a work item's row


class NameTaken(Exception):
    """There is another work item with the id that the creator of this one gave it; the transaction is rolled back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The work item that is to be leased next."""

    id: UUID
    connection_id: UUID
    has_cards: bool  # or wants some: then it is leased in a transaction, which draws them
    has_expired: bool  # the lease before ran out, and had not been ended
    attempts: int | None = None  # the fence, if it has been leased


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A work item that a dependency may name."""

    id: UUID
    name: str | None  # the id that its creator gave it
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How many work items an organization has of each status."""

    ready: int
    leased: int
    blocked: int
    done: int
    total: int
    oldest_ready_seconds: float | None  # the age of the oldest that can be leased; None without one
    expired: int  # leases that have expired and are still to be ended; these are among `leased`


class WorkItemTable(NounTable[R]):
    """The table of work items; its rows have what they depend on beside the columns of the table."""

    async def lock(self, runs: Runs, organization_id: UUID, id: UUID) -> ThingRow[R] | None:
        """Lock a thing and its row until the transaction ends; None if the organization has none with this id."""
        found = await super().lock(runs, organization_id, id)
        if found is None:
            return None
        record = await self.sql["dependencies"].one(runs, organization_id=organization_id, id=id)
        row: Any = found.row
        return dataclasses.replace(found, row=dataclasses.replace(row, dependencies=record["dependencies"]))

    async def apply(self, runs: Runs, thing: Thing, turn: Turn[R]) -> bool:
        """As of other nouns; raises NameTaken as well."""
        try:
            return await super().apply(runs, thing, turn)
        except UniqueViolationError as error:
            if error.constraint_name != _NAMES:
                raise
            raise NameTaken from None


async def lease(
    db: Runs,
    organization_id: UUID,
    *,
    owner: str,
    seconds: int,
    phase: str | None,
    by: Json,
    expired_id: UUID,
    leased_id: UUID,
    request: Request | None = None,
) -> Picked | None:
    """Lease the next work item, of this phase or of any, in one statement; None if none is free and unlocked.

    Nothing is written if it has cards or wants some: then it is leased in a transaction, which begins with `pick`.
    `expired_id` and `leased_id` are those of the two events that there can be. With the `request` the number of the
    lease is kept, as a UUID (`lease_id`). Raises RequestTaken.
    """
    with taken():
        row = await _SQL["lease"].maybe(
            db,
            organization_id=organization_id,
            owner=owner,
            seconds=seconds,
            phase=phase,
            by=by,
            expired_id=expired_id,
            leased_id=leased_id,
            idempotency_key=request.key if request else None,
            request_hash=request.hash if request else None,
        )
    return Picked(**row) if row else None


def lease_id(attempts: int) -> UUID:
    """The number of a lease as what a request has made."""
    return UUID(int=attempts)


async def pick(runs: Runs, organization_id: UUID, *, phase: str | None) -> Picked | None:
    """Lock the next work item and its thing until the transaction ends; None if none is free and unlocked.

    The lock of its connection comes before: if it is of another connection than the locked one, and has cards, the
    caller starts again with that.
    """
    row = await _SQL["pick"].maybe(runs, organization_id=organization_id, phase=phase)
    return Picked(**row) if row else None


async def resolve(runs: Runs, organization_id: UUID, *, ids: Iterable[UUID], names: Iterable[str]) -> list[Resolved]:
    """Return those of these work items that exist. Under the work lock none of them becomes done meanwhile."""
    rows = await _SQL["resolve"].many(runs, organization_id=organization_id, ids=list(ids), names=list(names))
    return [Resolved(**row) for row in rows]


async def would_cycle(runs: Runs, organization_id: UUID, *, id: UUID, depends_on_id: UUID) -> bool:
    """Whether items would wait for each other for ever, if `id` depended on `depends_on_id`; under the work lock."""
    row = await _SQL["reaches"].one(runs, organization_id=organization_id, item_id=depends_on_id, id=id)
    return bool(row["is_reached"])


async def link(runs: Runs, organization_id: UUID, *, id: UUID, depends_on_id: UUID, depends_on: str) -> bool:
    """Let a locked work item depend on another one, which agents know as `depends_on`; under the work lock.

    False if it does already. The caller has looked that the other one exists, and that there is no cycle.
    """
    return await _changed(
        "link", runs, organization_id=organization_id, id=id, depends_on_id=depends_on_id, depends_on=depends_on
    )


async def unlink(
    runs: Runs, organization_id: UUID, *, id: UUID, depends_on_id: UUID | None, depends_on: str | None
) -> bool:
    """Let a locked work item no longer depend on another one; under the work lock. False if it did not.

    The other one has this id, or agents know it as `depends_on`; it may be forgotten.
    """
    return await _changed(
        "unlink", runs, organization_id=organization_id, id=id, depends_on_id=depends_on_id, depends_on=depends_on
    )


async def expired(db: Runs, organization_id: UUID, *, limit: int) -> list[tuple[Scope, UUID]]:
    """Return up to `limit` work items whose lease has expired and is still to be ended, the longest expired first."""
    rows = await _SQL["expired"].many(db, organization_id=organization_id, limit=limit)
    return [(Scope(organization_id=organization_id, connection_id=row["connection_id"]), row["id"]) for row in rows]


async def stats(db: Runs, organization_id: UUID) -> Stats:
    """Return how many work items there are of each status."""
    return Stats(**await _SQL["stats"].one(db, organization_id=organization_id))


async def _changed(statement: Literal["link", "unlink"], runs: Runs, **values: object) -> bool:
    return bool((await _SQL[statement].one(runs, **values))["is_changed"])
