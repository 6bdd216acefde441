"""What agents do to work items: add them, lease, renew, end and take away leases, and link items; and how all stand."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from bridge import ids
from bridge.things import agent_moves, filters, transactions
from bridge.things.contract import Decision, Locked
from bridge.things.operations import (
    Conflict,
    Context,
    IllegalMove,
    NoSuchThing,
    NounApi,
    Operation,
    Ordering,
    Outcome,
    Report,
    Swept,
    TooManyThings,
    Wrong,
)
from bridge.things.transactions import Settled
from bridge.things.work import NOUN, leasing, life, linking
from bridge.things.work.leases import Refused, Result
from bridge.things.work.names import STATUSES, WORK_LOCK, stored
from bridge.things.work.request import (
    MAX_OWNER,
    MAX_PHASE,
    BlockWork,
    ChangeWork,
    CompleteWork,
    CreateWork,
    LeaseWork,
    LinkWork,
    ReclaimExpired,
    ReclaimWork,
    ReleaseWork,
    RenewLease,
    UnblockWork,
)
from bridge.things.work.row import WorkItem
from bridge.things.work.schemas import ReclaimedWork, WorkStats
from bridge.things.work.schemas import WorkItem as Schema
from storage import errors, json_text, work_items
from storage.model import Json
from storage.pool import Database
from storage.statements import Runs
from storage.work_items import NameTaken

_TABLE: Final = NOUN.table
MAX_SWEPT: Final = 100  # items that one request makes ready
_SWEEP_SECONDS: Final = 1.0  # for each: one that another holds must not keep the others from being told


async def create(context: Context, _: UUID | None, sent: CreateWork) -> Outcome:
    """Add an item to the backlog."""
    if (taken := await _taken(context, sent)) is not None:
        return taken
    if sent.status != "done" and not await context.may_open():
        return TooManyThings()
    try:
        if sent.depends_on:
            return await agent_moves.behind_name(context, WORK_LOCK, lambda runs: _created(runs, context, sent))
        return await context.db.transact_within(lambda runs: _created(runs, context, sent), seconds=context.seconds)
    except NameTaken:  # by a request at the same time, which has committed
        if (taken := await _taken(context, sent)) is not None:
            return taken
        raise


async def change(context: Context, id: UUID | None, sent: ChangeWork) -> Outcome:
    """Change what an item says."""
    return await agent_moves.make(context, NOUN, id, lambda locked: life.changed(locked, sent))


async def lease(context: Context, _: UUID | None, sent: LeaseWork) -> Outcome:
    """Lease the next item that is free, or the one that is named."""
    if sent.id is None:
        return await leasing.next_one(context, sent)
    if (id := ids.decode(NOUN.prefix, sent.id)) is None:
        id = await _TABLE.find(context.db, context.organization_id, sent.id)
    return await leasing.this_one(context, id, sent) if id is not None else NoSuchThing()


async def renew(context: Context, id: UUID | None, sent: RenewLease) -> Outcome:
    """Hold an item for longer."""
    renewing = context.making(work_items.lease_id(sent.fence))
    return await _moved(renewing, id, lambda locked: life.renewed(locked, sent.fence, sent.ttl_seconds, context.by))


async def release(context: Context, id: UUID | None, sent: ReleaseWork) -> Outcome:
    """Give an item back."""
    return await _moved(context, id, lambda locked: life.released(locked, sent.fence, sent.reason, context.by))


async def complete(context: Context, id: UUID | None, sent: CompleteWork) -> Outcome:
    """Say that an item is done, under the lock of all that counts what others wait for."""
    assert id is not None  # noqa: S101  -- the path of the operation has it
    found = await _TABLE.get(context.db, context.organization_id, id)
    if found is None:
        return NoSuchThing()
    scope = found.thing.scope
    decide = _deciding(lambda locked: life.completed(locked, sent.fence, sent.result, context.by))
    return await agent_moves.behind_name(
        context, WORK_LOCK, lambda runs: agent_moves.made(runs, context, NOUN, scope, id, decide)
    )


async def block(context: Context, id: UUID | None, sent: BlockWork) -> Outcome:
    """Say that an item cannot go on."""
    return await _moved(context, id, lambda locked: life.blocked(locked, sent.fence, sent.reason, context.by))


async def unblock(context: Context, id: UUID | None, _: UnblockWork) -> Outcome:
    """Say that an item can go on."""
    return await _moved(context, id, lambda locked: life.unblocked(locked, context.by))


async def reclaim(context: Context, id: UUID | None, sent: ReclaimWork) -> Outcome:
    """Take an item from who holds it."""
    return await _moved(context, id, lambda locked: life.reclaimed(locked, sent.reason, context.by))


async def reclaim_expired(context: Context, _: UUID | None, __: ReclaimExpired) -> Outcome:
    """End the leases that have run out, each in a transaction of its own."""

    async def decide(_: Runs, locked: Locked[WorkItem], __: object) -> Decision[WorkItem] | None:
        decision = life.expired(locked, context.by)
        return decision if decision.happened else None

    swept: list[Settled[WorkItem]] = []
    for scope, id in await work_items.expired(context.db, context.organization_id, limit=MAX_SWEPT):
        try:
            settled = await transactions.change(context.db, NOUN, scope, id, decide, seconds=_SWEEP_SECONDS)
        except errors.Unavailable:  # another transaction may hold this item
            if not swept:
                raise
            break  # those before it have been made ready: they are told
        if settled is not None and settled.is_written:
            swept.append(settled)
    return Swept(settled=swept)


async def stats(db: Database, organization_id: UUID, _: Mapping[str, Any]) -> Json:
    """How the backlog of an organization stands."""
    found = await work_items.stats(db, organization_id)
    return {
        "counts": {"ready": found.ready, "claimed": found.leased, "blocked": found.blocked, "done": found.done},
        "total": found.total,
        "oldest_ready_seconds": found.oldest_ready_seconds,
        "expired_leases": found.expired,
    }


async def _created(runs: Runs, context: Context, sent: CreateWork) -> Outcome:
    dependencies = await linking.of_new(runs, context, sent.depends_on, name=sent.id)
    if isinstance(dependencies, Wrong):
        return dependencies
    return await agent_moves.opened(
        runs, context, NOUN, lambda now: life.created(sent, context.by, dependencies=dependencies, now=now)
    )


async def _taken(context: Context, sent: CreateWork) -> Conflict | None:
    """The item that has the given id already."""
    if sent.id is None or (id := await _TABLE.find(context.db, context.organization_id, sent.id)) is None:
        return None
    return Conflict(code="id_taken", id=id, detail="A work item has this id already.")


async def _moved(context: Context, id: UUID | None, move: Callable[[Locked[WorkItem]], Result]) -> Outcome:
    return await agent_moves.make(context, NOUN, id, _deciding(move))


def _deciding(
    move: Callable[[Locked[WorkItem]], Result],
) -> Callable[[Locked[WorkItem]], Decision[WorkItem] | Outcome]:
    """The move, with what refuses it as an outcome."""

    def decide(locked: Locked[WorkItem]) -> Decision[WorkItem] | Outcome:
        match result := move(locked):
            case Refused(code="stale_fence", detail=detail):
                return Conflict(code="stale_fence", id=locked.thing.id, detail=detail)
            case Refused(detail=detail):
                return IllegalMove(id=locked.thing.id, detail=detail)
            case Decision():
                return result

    return decide


def _line(sent: LeaseWork) -> str:
    """What requests wait for that want the same."""
    return json_text.dumps([sent.phase, sent.id])


_STATUS: Final = filters.one_of("status", STATUSES)
_FENCED: Final = ("stale_fence",)

API: Final = NounApi(
    noun=NOUN,
    words="work item",
    many="work items",
    schema=Schema,
    operations=(
        Operation(
            path="",
            name="createWork",
            summary="Add a work item to the backlog",
            description="It can be leased as soon as all that it depends on is done.",
            body=CreateWork,
            run=create,
            has_common=True,
            left_out=(
                ("to", "Where its cards are. Left out: it has no card"),
                ("responders", "Who may take it, and take it away. Left out: everyone who can see a card"),
            ),
            opens=True,
            conflicts=("id_taken",),
        ),
        Operation(
            path="/{id}",
            method="PATCH",
            name="changeWork",
            summary="Change what a work item says",
            description="What is not given stays as it is. A lease goes on.",
            body=ChangeWork,
            run=change,
        ),
        Operation(
            path="/lease",
            name="leaseWork",
            summary="Lease a work item",
            description="The free one with the highest priority, of these the oldest; or the one that `id` names. Its "
            "`attempts` is the fence with which the lease is renewed and ended. The same `Idempotency-Key` returns the "
            "same lease while it stands, and `stale_fence` from then on.",
            body=LeaseWork,
            run=lease,
            waits=_line,
            conflicts=_FENCED,
            stands=leasing.stands,
        ),
        Operation(
            path="/reclaim",
            name="reclaimExpiredWork",
            summary="Make work items ready whose lease has run out",
            description=f"Up to {MAX_SWEPT}, those first that ran out first. The bridge does the same by itself; an "
            "item whose lease has run out can be leased before that.",
            body=ReclaimExpired,
            run=reclaim_expired,
            returns=ReclaimedWork,
            is_sweep=True,
        ),
        Operation(
            path="/{id}/renew",
            name="renewLease",
            summary="Hold a work item for longer",
            description="Only while the lease lasts: one that has run out is not renewed. So it is with the same "
            "`Idempotency-Key`: once the lease stands no more, the response is `stale_fence`.",
            body=RenewLease,
            run=renew,
            conflicts=_FENCED,
            stands=leasing.stands,
        ),
        Operation(
            path="/{id}/release",
            name="releaseWork",
            summary="Give a work item back",
            description="It is ready again.",
            body=ReleaseWork,
            run=release,
            conflicts=_FENCED,
        ),
        Operation(
            path="/{id}/complete",
            name="completeWork",
            summary="Say that a work item is done",
            description="Also after the lease has run out, until another leases or reclaims it. What depends on it can "
            "be leased once all else is done.",
            body=CompleteWork,
            run=complete,
            conflicts=_FENCED,
        ),
        Operation(
            path="/{id}/block",
            name="blockWork",
            summary="Say that a work item cannot go on",
            description="This ends its lease; it cannot be leased until it is unblocked.",
            body=BlockWork,
            run=block,
            conflicts=_FENCED,
        ),
        Operation(
            path="/{id}/unblock",
            name="unblockWork",
            summary="Say that a work item can go on",
            description="It is ready again.",
            body=UnblockWork,
            run=unblock,
        ),
        Operation(
            path="/{id}/reclaim",
            name="reclaimWork",
            summary="Take a work item from who holds it",
            description="It is ready again; the fence of its lease is stale from then on. Its history names your key.",
            body=ReclaimWork,
            run=reclaim,
        ),
        Operation(
            path="/{id}/link",
            name="linkWork",
            summary="Let a work item depend on another one",
            description="It can be leased once the other one is done. An item that is claimed stays so.",
            body=LinkWork,
            run=linking.link,
        ),
        Operation(
            path="/{id}/unlink",
            name="unlinkWork",
            summary="Let a work item no longer depend on another one",
            description="One that it does not depend on changes nothing.",
            body=LinkWork,
            run=linking.unlink,
        ),
    ),
    reports=(
        Report(
            path="/stats",
            name="countWork",
            summary="Count work items",
            description="How many there are of each status, and what waits longest.",
            schema=WorkStats,
            parameters=(),
            read=stats,
        ),
    ),
    filters=(
        replace(_STATUS, read=lambda given: stored(given) if given in STATUSES else None),
        filters.text("phase", max_length=MAX_PHASE),
        filters.text("holder_agent", max_length=MAX_OWNER),
        filters.user("holder_user"),
        replace(filters.flag("ready_only"), default=False),
    ),
    order=Ordering(columns=MappingProxyType({"priority": int, "created_at": datetime}), words="In the order of leases"),
)
