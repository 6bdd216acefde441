"""How agents lease work items: the next one in the order of leases, or the one that they name.

Most items have no cards, and are leased by one statement. One with cards is leased in a transaction, which also draws
them; both take the same item and write the same.
"""

from typing import Final
from uuid import UUID

from bridge import ids
from bridge.things import agent_moves, transactions
from bridge.things.contract import Decision, Happened, Locked
from bridge.things.operations import Conflict, Context, Done, IllegalMove, NoSuchThing, Nothing, Outcome
from bridge.things.transactions import Settled
from bridge.things.work import NOUN, leases, life
from bridge.things.work.request import LeaseWork
from bridge.things.work.row import Status, WorkItem
from storage import errors, things, work_items
from storage.model import Scope
from storage.statements import Runs
from storage.things import LockedConnection, ThingRow
from storage.work_items import Picked

_TABLE: Final = NOUN.table


class _Elsewhere(Exception):
    """The next item is of another connection than the one that was locked before it."""

    def __init__(self, picked: Picked) -> None:
        super().__init__()
        self.picked = picked


async def next_one(context: Context, sent: LeaseWork) -> Outcome:
    """Lease the next item that is free, of a phase or of any."""
    picked = await work_items.lease(
        context.db,
        context.organization_id,
        owner=sent.owner,
        seconds=sent.ttl_seconds,
        phase=sent.phase,
        by=context.by,
        expired_id=ids.new(),
        leased_id=ids.new(),
        request=context.request,
    )
    if picked is None:
        return Nothing()
    if picked.attempts is not None:
        return await _leased(context, picked, picked.attempts)
    while True:
        at = Scope(organization_id=context.organization_id, connection_id=picked.connection_id)
        try:
            return await context.db.transact_within(
                lambda runs, at=at: _next_with_cards(runs, context, sent, at),  # type: ignore[misc]
                seconds=context.seconds,
            )
        except _Elsewhere as elsewhere:
            picked = elsewhere.picked


async def this_one(context: Context, id: UUID, sent: LeaseWork) -> Outcome:
    """Lease this item, after a wait for who changes it now."""
    return await agent_moves.in_turn(context, NOUN, id, lambda runs, scope: _this_one(runs, context, sent, scope, id))


def stands(found: ThingRow[WorkItem], lease_id: UUID | None) -> Conflict | None:
    """Why this lease of an item does not stand any more; None: it does."""
    row, number = found.row, lease_id.int if lease_id else 0
    if row.status == Status.LEASED and row.attempts == number and not row.is_overdue(found.thing.read_at):
        return None
    if row.status == Status.LEASED and row.attempts == number:
        why = f"Lease {number}, which this request made or renewed, ran out."
    else:
        why = leases.stale(row, number).detail
    return Conflict(code="stale_fence", id=found.thing.id, detail=why)


async def _leased(context: Context, picked: Picked, attempts: int) -> Outcome:
    """The item that was leased just now; by now another may have it, whose fence must not be returned."""
    try:
        found = await _TABLE.get(context.db, context.organization_id, picked.id)
    except errors.Unavailable as error:  # done again, it would lease another item
        raise errors.Unavailable(errors.Failure.UNKNOWN, error.cause) from error
    if found is None:
        return NoSuchThing()
    if (conflict := stands(found, work_items.lease_id(attempts))) is not None:
        return conflict
    happened = [_entry("expired", "claimed", "ready", context)] if picked.has_expired else []
    happened.append(_entry("leased", "ready", "claimed", context))
    return Done(settled=Settled(after=found, happened=tuple(happened), is_written=True), is_pinned=True)


async def _next_with_cards(runs: Runs, context: Context, sent: LeaseWork, at: Scope) -> Outcome:
    connection = await things.lock_connection(runs, at)
    picked = await work_items.pick(runs, context.organization_id, phase=sent.phase)
    if picked is None:
        return Nothing()
    if picked.has_cards and picked.connection_id != at.connection_id:
        raise _Elsewhere(picked)
    locked = await transactions.lock(runs, NOUN, context.organization_id, picked.id)
    decision = life.leased(locked, {"agent": sent.owner}, sent.ttl_seconds, context.by) if locked else None
    if locked is None or decision is None:
        return Nothing()
    return await _written(runs, context, locked, connection, decision)


async def _this_one(runs: Runs, context: Context, sent: LeaseWork, scope: Scope, id: UUID) -> Outcome:
    connection = await things.lock_connection(runs, scope)
    locked = await transactions.lock(runs, NOUN, context.organization_id, id)
    if locked is None:
        return NoSuchThing()
    decision = life.leased(locked, {"agent": sent.owner}, sent.ttl_seconds, context.by)
    if decision is None:
        return _not_free(locked)
    return await _written(runs, context, locked, connection, decision)


async def _written(
    runs: Runs,
    context: Context,
    locked: Locked[WorkItem],
    connection: LockedConnection,
    decision: Decision[WorkItem],
) -> Outcome:
    request = context.making(work_items.lease_id(decision.row.attempts)).request
    settled = await transactions.write(runs, NOUN, locked.thing, connection, decision, now=locked.now, request=request)
    return Done(settled=settled, is_pinned=True)


def _not_free(locked: Locked[WorkItem]) -> IllegalMove:
    """Why an item cannot be leased now: its status, or what must be done before."""
    row = locked.row
    missing = [each["id"] for each in row.dependencies if not each["is_met"]]
    match Status(row.status):
        case Status.LEASED if row.is_held(locked.now):
            detail = f"It is claimed by {leases.named(row)}."
        case Status.LEASED:
            detail = "It is claimed, by a lease that ran out."
        case Status.READY:
            detail = "It is ready."
        case Status.BLOCKED:
            detail = "It is blocked: unblock it first."
        case _:
            detail = "It is done, which is final."
    if missing and row.status != Status.DONE:
        detail = f"{detail.removesuffix('.')}, and waits for {', '.join(missing)}."
    return IllegalMove(id=locked.thing.id, detail=detail, missing=missing if row.status != Status.DONE else [])


def _entry(move: str, before: str, after: str, context: Context) -> Happened:
    """An entry that a statement has written, to be counted."""
    return Happened(move=move, from_status=before, to_status=after, by=context.by)
