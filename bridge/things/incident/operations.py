"""What agents do to incidents: open or reuse one, add updates, set its status, and change what is known of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from bridge import ids
from bridge.things import agent_moves, filters, transactions
from bridge.things.incident import NOUN, life, updates
from bridge.things.incident.life import Change
from bridge.things.incident.request import (
    MAX_RUN,
    MAX_SYSTEM,
    Create,
    NewUpdate,
    OfRun,
    Patch,
    Resolve,
    RunResolve,
    RunStatusChange,
    RunUpdate,
    StatusChange,
)
from bridge.things.incident.row import Severity, Status
from bridge.things.incident.schemas import Incident as Schema
from bridge.things.incident.schemas import IncidentOpened, IncidentUpdate, IncidentUpdated
from bridge.things.operations import (
    Context,
    Done,
    NestedList,
    NoSuchThing,
    NounApi,
    Operation,
    Outcome,
    TooManyThings,
)
from storage import json_text, things
from storage.model import Json
from storage.pool import Database
from storage.statements import Runs

_TABLE: Final = NOUN.table


async def create(context: Context, _: UUID | None, sent: Create) -> Outcome:
    """Open an incident, or reuse the open one of its first system if that is asked for."""
    if not sent.dedupe_open_for_system:
        if not await context.may_open():
            return TooManyThings()
        return await context.db.transact_within(lambda runs: _opened(runs, context, sent), seconds=context.seconds)
    system = sent.systems[0]
    return await agent_moves.behind_name(
        context,
        _name(system),
        lambda runs: _opened_or_reused(runs, context, sent, system),
        find_open=lambda: _find_open(context.db, context, system),
    )


async def update(context: Context, id: UUID | None, sent: NewUpdate) -> Outcome:
    """Add an update, and set the status if one is given."""
    made = ids.new()
    context = context.making(made)
    outcome = await _change(context, id, Change(message=sent.message, status=sent.status), made)
    if not isinstance(outcome, Done):
        return outcome
    latest = outcome.settled.after.row.recent_updates[-1]
    return replace(outcome, has_added=True, extra={"update": updates.resource(latest)})


async def set_status(context: Context, id: UUID | None, sent: StatusChange) -> Outcome:
    """Set the status; one that it has already changes nothing."""
    return await _change(context, id, Change(status=sent.status, message=sent.message), ids.new())


async def resolve(context: Context, id: UUID | None, sent: Resolve) -> Outcome:
    """Resolve an incident; one that is resolved already stays as it is."""
    return await _change(context, id, Change(status=Status.RESOLVED.value, message=sent.message), ids.new())


async def patch(context: Context, id: UUID | None, sent: Patch) -> Outcome:
    """Change what is given, in one transition."""
    wanted = Change(severity=sent.severity, systems=sent.systems, title=sent.title, description=sent.description)
    return await _change(context, id, wanted, ids.new())


async def update_of_run(context: Context, _: UUID | None, sent: RunUpdate) -> Outcome:
    """Add an update to the incident of a run."""
    id = await _named(context, sent)
    return await update(context, id, sent) if isinstance(id, UUID) else id


async def set_status_of_run(context: Context, _: UUID | None, sent: RunStatusChange) -> Outcome:
    """Set the status of the incident of a run."""
    id = await _named(context, sent)
    return await set_status(context, id, sent) if isinstance(id, UUID) else id


async def resolve_of_run(context: Context, _: UUID | None, sent: RunResolve) -> Outcome:
    """Resolve the incident of a run."""
    id = await _named(context, sent)
    return await resolve(context, id, sent) if isinstance(id, UUID) else id


async def made(db: Database, organization_id: UUID, id: UUID, made_id: UUID | None) -> Json:
    """The update that a repeated request made when it was new."""
    row = await _TABLE.sql["made"].maybe(db, organization_id=organization_id, incident_id=id, id=made_id)
    return {"update": updates.resource(dict(row))} if row else {}


async def reused(_: Database, __: UUID, ___: UUID, made_id: UUID | None) -> Json:
    """Whether a repeated request had reused the incident when it was new: then it had made nothing."""
    return {"reused": made_id is None}


async def read_updates(
    db: Database, organization_id: UUID, id: UUID, before: UUID | None, limit: int
) -> list[tuple[UUID, Json]]:
    """Updates of an incident with their ids, newest first."""
    rows = await _TABLE.sql["updates"].many(
        db, organization_id=organization_id, incident_id=id, before=before, limit=limit
    )
    return [(row["id"], updates.resource(dict(row))) for row in rows]


async def _opened_or_reused(runs: Runs, context: Context, sent: Create, system: str) -> Outcome:
    id = await _find_open(runs, context, system)
    if id is None:
        return await _opened(runs, context, sent)
    await things.lock_open(runs, context.organization_id, id)
    still = await _TABLE.ids("is_open", runs, organization_id=context.organization_id, id=id, system=system)
    found = await _TABLE.get(runs, context.organization_id, id) if still else None
    if found is None:
        raise agent_moves.ChangedMeanwhile
    settled = await transactions.unchanged(runs, found.thing, found.row, context.request)
    await _link(runs, context, id)
    return Done(settled=settled, extra={"reused": True})


async def _opened(runs: Runs, context: Context, sent: Create) -> Outcome:
    id = ids.new()
    context = context.making(id)
    outcome = await agent_moves.opened(
        runs, context, NOUN, lambda now: life.opened(sent, now, context.by, update_id=ids.new()), id=id
    )
    if not isinstance(outcome, Done):
        return outcome
    await _link(runs, context, id)
    return replace(outcome, extra={"reused": False})


async def _link(runs: Runs, context: Context, id: UUID) -> None:
    """Make an incident that of the run in which it was opened or reused, if the agent named one."""
    agent = context.common.agent if context.common else None
    if run := (agent or {}).get("run"):
        await _TABLE.sql["link"].run(runs, organization_id=context.organization_id, run=run, id=id)


async def _change(context: Context, id: UUID | None, wanted: Change, update_id: UUID) -> Outcome:
    return await agent_moves.make(
        context,
        NOUN,
        id,
        lambda locked: life.changed(locked, wanted, context.by, update_id=update_id, is_quiet=True),
    )


async def _named(context: Context, sent: OfRun) -> UUID | NoSuchThing:
    """The incident that a request means: the one with its id, else that of its run."""
    if (given := sent.given_id) is not None:
        return ids.decode(NOUN.prefix, given) or NoSuchThing()
    found = await _TABLE.ids("of_run", context.db, organization_id=context.organization_id, run=sent.run)
    return (
        found[0] if found else NoSuchThing(detail="No incident of your organization was opened or reused in this run.")
    )


async def _find_open(db: Runs, context: Context, system: str) -> UUID | None:
    """The newest open incident of a system."""
    found = await _TABLE.ids("find_open", db, organization_id=context.organization_id, system=system)
    return found[0] if found else None


def _name(system: str) -> str:
    """What is locked, so that of two who look for an open incident the second sees what the first opened."""
    return json_text.dumps([NOUN.name, system])


def _of_run(path: str, name: str, summary: str, body: type[OfRun], run: Callable[..., Any], **more: Any) -> Operation:
    return Operation(
        path=f"/{path}",
        name=name,
        summary=summary,
        description="The incident with `id`; without one, the latest that was opened or reused in `run`.",
        body=body,
        run=run,
        **more,
    )


_UPDATED: Final[dict[str, Any]] = {"adds": True, "returns": IncidentUpdated, "made": made}

API: Final = NounApi(
    noun=NOUN,
    words="incident",
    schema=Schema,
    operations=(
        Operation(
            path="",
            name="openIncident",
            summary="Open an incident",
            description="With `dedupe_open_for_system` the newest open incident of the first system is reused; nothing "
            "of it changes, but it is that of `agent.run` from now on. Otherwise one is opened.",
            body=Create,
            run=create,
            has_common=True,
            opens=True,
            returns=IncidentOpened,
            made=reused,
        ),
        _of_run("updates", "addUpdateOfRun", "Add an update by run", RunUpdate, update_of_run, **_UPDATED),
        _of_run("status", "setStatusOfRun", "Set the status by run", RunStatusChange, set_status_of_run),
        _of_run("resolve", "resolveIncidentOfRun", "Resolve an incident by run", RunResolve, resolve_of_run),
        Operation(
            path="/{id}",
            method="PATCH",
            name="changeIncident",
            summary="Change an incident",
            description="All that changes is one transition. What is left out or already so stays.",
            body=Patch,
            run=patch,
        ),
        Operation(
            path="/{id}/updates",
            name="addUpdate",
            summary="Add an update",
            description="Without `status`, or with the one that it has, a comment: no event tells it.",
            body=NewUpdate,
            run=update,
            **_UPDATED,
        ),
        Operation(
            path="/{id}/status",
            name="setStatus",
            summary="Set the status",
            description="Any status, from any other. With the one that it has nothing changes; a message is added.",
            body=StatusChange,
            run=set_status,
        ),
        Operation(
            path="/{id}/resolve",
            name="resolveIncident",
            summary="Resolve an incident",
            description="One that is resolved already stays as it is; a message is added.",
            body=Resolve,
            run=resolve,
        ),
    ),
    lists=(
        NestedList(
            name="updates",
            operation="listUpdates",
            summary="List updates",
            schema=IncidentUpdate,
            read=read_updates,
        ),
    ),
    filters=(
        filters.one_of("status", [status.value for status in Status]),
        filters.one_of("severity", [severity.value for severity in Severity]),
        filters.text("system", max_length=MAX_SYSTEM),
        filters.flag("open"),
        filters.text("run", max_length=MAX_RUN),
    ),
)
