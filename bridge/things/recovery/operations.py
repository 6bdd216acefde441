"""What agents do to recoveries: report, resolve and search, each in one transaction behind the lock of its source."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from bridge import ids
from bridge.things import agent_moves, filters, reading, transactions
from bridge.things.operations import (
    Context,
    Done,
    Found,
    IllegalMove,
    NoSuchThing,
    NounApi,
    Operation,
    Outcome,
    Wrong,
    callback_target,
)
from bridge.things.recovery import NOUN, ending, escalation, life
from bridge.things.recovery.request import Report, Resolve, ResolveSource, Search, Source
from bridge.things.recovery.row import Outcome as Ending
from bridge.things.recovery.row import Recovery, Status
from bridge.things.recovery.schemas import Recovery as Schema
from storage import json_text, things
from storage.model import Json, Scope
from storage.statements import Runs

_TABLE: Final = NOUN.table


async def report(context: Context, _: UUID | None, sent: Report) -> Outcome:
    """Open the recovery of a source, or refresh the open one."""
    return await agent_moves.behind_name(
        context,
        _name(sent.source),
        lambda runs: _reported(runs, context, sent),
        find_open=lambda: _find_open(context.db, context, sent.source),
    )


async def resolve(context: Context, id: UUID | None, sent: Resolve) -> Outcome:
    """End a recovery: the one with this id, whatever its status."""
    assert id is not None  # noqa: S101  -- the path has it
    if isinstance(blocker := await _blocker(context, sent), Wrong):
        return blocker
    return await agent_moves.in_turn(
        context, NOUN, id, lambda runs, scope: _resolved(runs, context, scope, id, sent, blocker)
    )


async def resolve_source(context: Context, _: UUID | None, sent: ResolveSource) -> Outcome:
    """End the open recovery of a source, or the one with the given id, if it is of this source."""
    if sent.id is not None:
        id = ids.decode(NOUN.prefix, sent.id)
        found = await _TABLE.get(context.db, context.organization_id, id) if id else None
        if found is None or (found.row.source_type, found.row.source_id) != (sent.source.type, sent.source.id):
            return NoSuchThing(detail="No recovery of this source in your organization has this id.")
        return await resolve(context, id, sent)
    if isinstance(blocker := await _blocker(context, sent), Wrong):
        return blocker
    return await agent_moves.behind_name(
        context, _name(sent.source), lambda runs: _resolved_by_source(runs, context, sent, blocker)
    )


async def search(context: Context, _: UUID | None, sent: Search) -> Outcome:
    """Find the open recoveries of sources, each once, the newest first."""
    sources = list(dict.fromkeys((source.type, source.id) for source in sent.sources))
    if not sources:
        return Found(ids=[])
    return Found(
        ids=await _TABLE.ids(
            "search",
            context.db,
            organization_id=context.organization_id,
            source_types=[type for type, _ in sources],
            source_ids=[id for _, id in sources],
        )
    )


async def _reported(runs: Runs, context: Context, sent: Report) -> Outcome:
    found = await _find_open(runs, context, sent.source)
    if found is None:
        return await agent_moves.opened(runs, context, NOUN, lambda now: life.opened(sent, now, context.by))
    id, scope = found
    connection = await things.lock_connection(runs, scope)
    locked = await transactions.lock(runs, NOUN, context.organization_id, id)
    if locked is None or NOUN.is_final(locked.row):
        raise agent_moves.ChangedMeanwhile
    common = context.common
    assert common is not None  # noqa: S101  -- the operation takes the common fields
    if "connection" in common.given and _given_connection(common.connection) != scope.connection_id:
        here = ids.encode("con", scope.connection_id)
        return Wrong(pointer="/connection", message=f"must be {here}, where this recovery is open, or be left out")
    thing = common.changed(locked.thing, connection)
    if escalation.stands(locked.row, sent, locked.now):  # its cards stay where the escalation left them
        thing = replace(
            thing,
            **{name: getattr(locked.thing, name) for name in ("asked_addresses", "responders", "anyone", "home_teams")},
        )
    if thing != locked.thing:
        await things.change(runs, thing, callback_target=callback_target(thing.callback))
    decision = life.reported(locked, sent, context.by)
    return Done(
        settled=await transactions.write(
            runs, NOUN, thing, connection, decision, now=locked.now, request=context.request
        )
    )


async def _resolved_by_source(runs: Runs, context: Context, sent: ResolveSource, blocker: Json | None) -> Outcome:
    found = await _find_open(runs, context, sent.source)
    if found is None:
        return NoSuchThing(detail=await _none_open(runs, context, sent.source))
    id, scope = found
    return await _resolved(runs, context, scope, id, sent, blocker, is_open=True)


async def _resolved(
    runs: Runs,
    context: Context,
    scope: Scope,
    id: UUID,
    sent: Resolve,
    blocker: Json | None,
    *,
    is_open: bool = False,
) -> Outcome:
    """End a recovery under its locks; with `is_open`, raises ChangedMeanwhile if it is not open any more."""
    connection = await things.lock_connection(runs, scope)
    other = ending.blocker_id(blocker)
    locked = await transactions.lock(runs, NOUN, context.organization_id, id, other=other)
    if is_open and (locked is None or NOUN.is_final(locked.row)):
        raise agent_moves.ChangedMeanwhile
    if locked is None:
        return NoSuchThing()
    row, outcome = locked.row, Ending(sent.outcome)
    if NOUN.is_final(row):
        if row.outcome != outcome:
            return IllegalMove(id=id, detail=_ended(row))
        return Done(settled=await transactions.unchanged(runs, locked.thing, row, context.request))
    if (refusal := ending.refusal(locked, outcome, blocker)) is not None:
        return Wrong(pointer="/blocker/id", message=_NOT_BLOCKING[refusal.code])
    decision = ending.resolved(locked, outcome, note=sent.note, blocker=blocker, by=context.by)
    return Done(
        settled=await transactions.write(
            runs, NOUN, locked.thing, connection, decision, now=locked.now, request=context.request
        )
    )


_NOT_OPEN: Final = "must be the id of an open thing of your organization, such as rec_… or inc_…"
_NOT_BLOCKING: Final = {
    "blocker_missing": "is required",
    "blocked_by_itself": "must be another thing: nothing is blocked by itself",
    "blocker_not_open": _NOT_OPEN,
}


async def _blocker(context: Context, sent: Resolve) -> Json | Wrong | None:
    """The blocker with its made id, also if the request names it by the id that an agent gave it."""
    if sent.blocker is None:
        return None
    blocker = sent.blocker.model_dump(mode="json", exclude_none=True)
    if "id" not in blocker or ending.blocker_id(blocker) is not None:
        return blocker
    if (named := await reading.find_named(context.db, context.organization_id, blocker["id"])) is None:
        return Wrong(pointer="/blocker/id", message=_NOT_OPEN)
    noun, id = named
    return {"id": noun.public_id(id)}


async def _none_open(runs: Runs, context: Context, source: Source) -> str:
    """That a source has no open recovery, and how its last one ended."""
    latest = await _TABLE.ids("latest_of_source", runs, **_of(context, source))
    found = await _TABLE.get(runs, context.organization_id, latest[0]) if latest else None
    if found is None:
        return "This source has no open recovery, and never had one."
    id = NOUN.public_id(found.thing.id)
    return f"This source has no open recovery. The last one, {id}, ended as {found.row.outcome}: {NOUN.sentence(found)}"


def _ended(row: Recovery) -> str:
    return (
        f"It is {row.status} with the outcome {row.outcome}, which is final: it has no more moves. To go on, "
        "report its source again, which opens a new recovery."
    )


async def _find_open(db: Runs, context: Context, source: Source) -> tuple[UUID, Scope] | None:
    """The id and the scope of the open recovery of a source."""
    row = await _TABLE.sql["find_open"].maybe(db, **_of(context, source))
    if row is None:
        return None
    return row["id"], Scope(organization_id=context.organization_id, connection_id=row["connection_id"])


def _of(context: Context, source: Source) -> dict[str, Any]:
    return {"organization_id": context.organization_id, "source_type": source.type, "source_id": source.id}


def _name(source: Source) -> str:
    """What is locked, so that a source has one open recovery."""
    return json_text.dumps([NOUN.name, source.type, source.id])


def _given_connection(connection: Any) -> UUID | None:
    return None if isinstance(connection, Wrong) else connection.id


_TO: Final = (
    "Where its cards are. Left out: the direct messages of the user who owns it, else the connection's default "
    "channel; if there is none, there is no card"
)
_RESPONDERS: Final = "Who may act on it. Left out: the user who owns it, else everyone who can see a card"

API: Final = NounApi(
    noun=NOUN,
    words="recovery",
    schema=Schema,
    operations=(
        Operation(
            path="",
            name="reportRecovery",
            summary="Report a recovery",
            description="Opens the recovery of a source, or refreshes the open one: there is one open recovery for "
            "each source. Every report counts as an attempt, unless it repeats one with its `Idempotency-Key`.",
            body=Report,
            run=report,
            has_common=True,
            left_out=(
                ("to", _TO),
                ("responders", _RESPONDERS),
            ),
            opens=True,
        ),
        Operation(
            path="/resolve",
            name="resolveSource",
            summary="Resolve by source",
            description="Ends the open recovery of a source, or, with `id`, that one. The outcome that it already has "
            "changes nothing.",
            body=ResolveSource,
            run=resolve_source,
        ),
        Operation(
            path="/search",
            name="searchRecoveries",
            summary="Search by sources",
            description="The open recoveries of up to 1,000 sources, the newest first.",
            body=Search,
            run=search,
            is_search=True,
        ),
        Operation(
            path="/{id}/resolve",
            name="resolveRecovery",
            summary="Resolve a recovery",
            description="The outcome that it already has changes nothing.",
            body=Resolve,
            run=resolve,
        ),
    ),
    filters=(
        filters.text("source_type", max_length=80),
        filters.text("source_id", max_length=200),
        filters.flag("open"),
        filters.one_of("status", [status.value for status in Status]),
        filters.text("fingerprint", max_length=200),
        filters.text("owner_agent", max_length=80),
        filters.user("owner_user"),
    ),
    together={"source_type": "source_id", "source_id": "source_type"},
)
