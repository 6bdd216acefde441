"""What agents do to fixes: propose one, say or propose what became of it, and read what several say together."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from bridge.things import agent_moves, filters, reading, transactions
from bridge.things.contract import Decision, Locked
from bridge.things.fix import NOUN, life, summaries
from bridge.things.fix.life import Change
from bridge.things.fix.request import MAX_KEY, MAX_SESSION, Judge, Propose, ProposeOutcome
from bridge.things.fix.row import Fix, Outcome
from bridge.things.fix.schemas import Fix as Schema
from bridge.things.fix.schemas import FixHandover, FixStats
from bridge.things.operations import Context, Done, IllegalMove, NounApi, Operation, Report
from bridge.things.operations import Outcome as Result
from bridge.things.transactions import Settled
from storage import json_text, things
from storage.model import Json, Scope
from storage.pool import Database
from storage.statements import Runs

_TABLE: Final = NOUN.table
_MAX_HANDED_OVER: Final = 20  # of each sort
_HANDED_OVER: Final = MappingProxyType(
    {"pending": Outcome.PENDING, "partial": Outcome.PARTIAL, "failed": Outcome.FAILED}
)


async def propose(context: Context, _: UUID | None, sent: Propose) -> Result:
    """Propose a fix, which supersedes the active one of its session."""
    return await agent_moves.behind_name(
        context,
        _name(sent.session),
        lambda runs: _proposed(runs, context, sent),
        find_open=lambda: _find_open(context.db, context, sent.session),
    )


async def judge(context: Context, id: UUID | None, sent: Judge) -> Result:
    """Say what became of a fix, also of one that was superseded."""
    outcome = Outcome(sent.outcome) if sent.outcome else None
    change = Change(outcome=outcome, words=sent.reason or sent.notes, remind_in=sent.remind_in)

    def decide(locked: Locked[Fix]) -> Decision[Fix] | Result:
        illegal = _illegal(locked, outcome, is_for_people=sent.remind_in is not None)
        return life.changed(locked, change, context.by) or illegal

    return await agent_moves.make(context, NOUN, id, decide)


async def propose_outcome(context: Context, id: UUID | None, sent: ProposeOutcome) -> Result:
    """Propose what became of a fix, for a person to confirm."""

    def decide(locked: Locked[Fix]) -> Decision[Fix] | Result:
        illegal = _illegal(locked, Outcome(sent.outcome), is_for_people=True)
        return life.with_proposal(locked, sent, context.by) or illegal

    return await agent_moves.make(context, NOUN, id, decide)


async def handover(db: Database, organization_id: UUID, query: Mapping[str, Any]) -> Json:
    """What the next one who works on a session must know of its fixes."""
    session = query["session"]
    found = [
        await _TABLE.ids(
            "handover",
            db,
            organization_id=organization_id,
            session=session,
            outcome=outcome.value,
            limit=_MAX_HANDED_OVER,
        )
        for outcome in _HANDED_OVER.values()
    ]
    rows = await _TABLE.several(db, organization_id, {id for ids in found for id in ids})
    resources = await reading.resources_of(db, NOUN, organization_id, rows)
    newest = sorted(rows.values(), key=lambda each: each.thing.id, reverse=True)
    # By the outcome that was read last: what is judged meanwhile was found with two outcomes, and has one.
    lists = {
        name: [each for each in newest if each.row.outcome == outcome][:_MAX_HANDED_OVER]
        for name, outcome in _HANDED_OVER.items()
    }
    return {
        "session": session,
        "message": summaries.handover(**lists),
        **{name: [resources[each.thing.id] for each in items] for name, items in lists.items()},
    }


async def stats(db: Database, organization_id: UUID, query: Mapping[str, Any]) -> Json:
    """How the fixes of one kind fared."""
    counts = await _TABLE.sql["stats"].one(db, organization_id=organization_id, key=query["key"])
    return summaries.stats(query["key"], dict(counts))


async def _proposed(runs: Runs, context: Context, sent: Propose) -> Result:
    active = await _find_active(runs, context, sent.session)
    older: list[Settled[Fix]] = []

    async def supersede(id: UUID) -> None:
        """Supersede the active fix, before there is another one; the new one is a thing already, so it can be named."""
        if active is None:
            return
        scope, before, _ = active
        connection = await things.lock_connection(runs, scope)
        locked = await transactions.lock(runs, NOUN, context.organization_id, before)
        if locked is None or not locked.row.is_active:
            raise agent_moves.ChangedMeanwhile
        decision = life.superseded(locked, id, NOUN.public_id(id), context.by)
        older.append(await transactions.write(runs, NOUN, locked.thing, connection, decision, now=locked.now))

    supersedes = NOUN.public_id(active[1]) if active else None
    outcome = await agent_moves.opened(
        runs, context, NOUN, lambda _: life.proposed(sent, context.by, supersedes=supersedes), before=supersede
    )
    return replace(outcome, also=older) if isinstance(outcome, Done) else outcome


async def _find_active(runs: Runs, context: Context, session: str) -> tuple[Scope, UUID, bool] | None:
    """Connection and id of the active fix of a session, and whether it is open."""
    row = await _TABLE.sql["find_active"].maybe(runs, organization_id=context.organization_id, session=session)
    if row is None:
        return None
    scope = Scope(organization_id=context.organization_id, connection_id=row["connection_id"])
    return scope, row["id"], row["is_open"]


async def _find_open(db: Runs, context: Context, session: str) -> UUID | None:
    """The active fix of a session, if it is open: a new one takes its place in the organization's quota."""
    active = await _find_active(db, context, session)
    return active[1] if active and active[2] else None


def _name(session: str) -> str:
    """What is locked, so that of two who propose at once the second sees what the first proposed."""
    return json_text.dumps([NOUN.name, session])


def _illegal(locked: Locked[Fix], outcome: Outcome | None, *, is_for_people: bool) -> IllegalMove:
    """Why a fix cannot have this outcome, or why people cannot be asked for it; None: they would be reminded only."""
    row = locked.row
    status = f"It is {row.status}" if row.is_active else f"It is {row.status} and superseded"
    if is_for_people and not row.is_active:
        detail = (
            f"{status}: people no longer act on it. They are not reminded of it and confirm no outcome; PATCH still "
            "records what became of it."
        )
    elif outcome is None:
        detail = f"{status}: no verdict is missing of which people could be reminded."
    else:
        following = ", ".join(sorted(life.NEXT[Outcome(row.outcome)])) or "nothing"
        detail = f"{status}; what can follow: {following}."
    return IllegalMove(id=locked.thing.id, detail=detail)


_TO: Final = "Where its cards are. Left out: the connection's default channel; if there is none, there is no card"
_RESPONDERS: Final = (
    "Who may decide and judge. Left out: the people in `to`; with a channel there, everyone who can see a card"
)

API: Final = NounApi(
    noun=NOUN,
    words="fix",
    schema=Schema,
    operations=(
        Operation(
            path="",
            name="proposeFix",
            summary="Propose a fix",
            description="It is the active fix of its session from now on; the one before is superseded, and its card "
            "says so. People decide on it by its card.",
            body=Propose,
            run=propose,
            has_common=True,
            left_out=(("to", _TO), ("responders", _RESPONDERS)),
            opens=True,
        ),
        Operation(
            path="/{id}",
            method="PATCH",
            name="judgeFix",
            summary="Say what became of a fix",
            description="Also of one that was superseded. The outcome that it already has changes nothing, but new "
            "`notes`, or a new `reason` why it failed or what is awaited, do. `dismissed` follows only `proposed`.",
            body=Judge,
            run=judge,
        ),
        Operation(
            path="/{id}/outcome_proposal",
            name="proposeOutcome",
            summary="Propose what became of a fix",
            description="The card shows it, and a person confirms it with one click. It decides nothing by itself, "
            "and replaces an earlier proposal.",
            body=ProposeOutcome,
            run=propose_outcome,
        ),
    ),
    reports=(
        Report(
            path="/handover",
            name="handOverFixes",
            summary="Hand over the fixes of a session",
            description="What the next one who works on it must know: what is pending, works partly, or failed.",
            schema=FixHandover,
            parameters=(filters.text("session", max_length=MAX_SESSION),),
            read=handover,
        ),
        Report(
            path="/stats",
            name="countFixes",
            summary="Count fixes of one kind",
            description="How many of them were applied and worked.",
            schema=FixStats,
            parameters=(filters.text("key", max_length=MAX_KEY),),
            read=stats,
        ),
    ),
    filters=(
        filters.text("session", max_length=MAX_SESSION),
        filters.flag("active"),
        filters.one_of("status", NOUN.statuses),
        filters.text("key", max_length=MAX_KEY),
    ),
)
