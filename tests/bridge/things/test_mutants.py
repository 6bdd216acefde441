"""The checks of what changes things, and the wrong ways that they must catch: each looks right."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge.loops import things as loop
from bridge.things import transactions
from bridge.things.contract import Locked, Noun
from bridge.things.operations import Context
from bridge.things.recovery import NOUN, escalation, operations
from bridge.things.recovery.request import Source
from bridge.things.recovery.row import Status
from bridge.things.transactions import ClaimedRound, Settled
from storage import errors, interactions, things
from storage.interactions import ClaimRequest
from storage.model import Scope, Verdict
from storage.pool import Database
from storage.statements import Runs
from tests.bridge.things import recoveries, thing_checks
from tests.bridge.things.steps import mutated

Wrong = Callable[[pytest.MonkeyPatch], None]


CHECKS: dict[str, Callable[[Database, Database, str], Awaitable[object]]] = {
    "dies at every point of a click": lambda db, _, dsn: thing_checks.dies_at_every_point_of_a_click(db, dsn),
    "reports wait for one name": thing_checks.reports_wait_for_one_name,
    "report and click": lambda db, other, _: thing_checks.a_report_and_a_click_never_wait_for_each_other(db, other),
    "report and edit": thing_checks.a_report_and_an_edit_never_wait_for_each_other,
    "report of something else": lambda db, _, __: thing_checks.a_report_of_something_else_opens_the_next_round(db),
    "refusal": lambda db, _, __: thing_checks.a_refusal_is_told_again(db),
    "reports escalate once": lambda db, _, __: thing_checks.reports_escalate_once(db),
    "time escalates once": thing_checks.time_escalates_once,
    "block each other": lambda db, other, _: thing_checks.things_that_block_each_other_never_wait_for_each_other(
        db, other
    ),
    "disabling": lambda db, other, _: thing_checks.disabling_comes_before_later_openers(db, other),
}


@pytest.mark.parametrize("check", CHECKS)
async def test_things_pass(check: str, db: Database, other: Database, dsn: str) -> None:
    await CHECKS[check](db, other, dsn)


def apply_changed(*changes: tuple[str, str]) -> Wrong:
    """The apply of recoveries with its text changed."""
    return lambda patch: patch.setitem(NOUN.table.sql, "apply", mutated("recoveries", "apply", *changes))


def claim_changed(*changes: tuple[str, str]) -> Wrong:
    """The claim with its text changed."""
    return lambda patch: patch.setitem(
        interactions._SQL,  # noqa: SLF001  -- the statements that the real calls use
        "claim",
        mutated("interactions", "claim", *changes),
    )


async def apply_outside_the_transaction(
    db: Database, noun: Noun[Any], thing_id: UUID, request: ClaimRequest, *, seconds: float
) -> ClaimedRound[Any]:
    """The claim in one transaction, what follows it in the next."""
    request = replace(request, thing_id=thing_id, via="button")

    async def claim(runs: Runs) -> Any:
        return await interactions.claim_round(runs, request)

    async def apply(runs: Runs) -> Settled[Any]:
        connection = await things.lock_connection(runs, request.scope)
        locked = await transactions.lock(runs, noun, request.scope.organization_id, thing_id)
        assert locked is not None
        decision = noun.move(locked, request.choice or "", {}, {"user": request.user_id})
        return await transactions.write(runs, noun, locked.thing, connection, decision, now=locked.now)

    claimed = await db.transact_within(claim, seconds=seconds)
    if claimed.verdict is not Verdict.WON or claimed.repeats:
        return ClaimedRound(claimed=claimed, settled=None)
    return ClaimedRound(claimed=claimed, settled=await db.transact_within(apply, seconds=seconds))


_TELLS_NOTHING = ("$now, true\n    from moved\n", "$now, true\n    from moved\n    where false\n")
_EVENTS = """
    insert into events (organization_id, id, thing_id, type, detail, at, owed)
    select organization_id, id, thing_id, 'recovery.' || move, jsonb_build_object('to', to_status), at, true
    from history
    where not exists (
        select from events where events.organization_id = history.organization_id and events.id = history.id)
"""


def event_after_its_change(patch: pytest.MonkeyPatch) -> None:
    """The event is written by a transaction of its own, right after the one of the change."""
    original = transactions.claim
    apply_changed(_TELLS_NOTHING)(patch)

    async def claim(db: Database, *rest: Any, **named: Any) -> ClaimedRound[Any]:
        done = await original(db, *rest, **named)
        await db.transact_within(lambda runs: runs.fetch(_EVENTS), seconds=20)
        return done

    async def opened(db: Database, *rest: Any, **named: Any) -> Any:
        done = await real(db, *rest, **named)
        await db.fetch(_EVENTS)
        return done

    real = recoveries.opened
    patch.setattr(recoveries, "opened", opened)
    patch.setattr(transactions, "claim", claim)


def interaction_before_the_thing(patch: pytest.MonkeyPatch) -> None:
    """The click locks its round, then the thing."""
    original = things.lock_connection

    async def claim(
        db: Database, noun: Noun[Any], thing_id: UUID, request: ClaimRequest, *, seconds: float
    ) -> ClaimedRound[Any]:
        async def lock_connection(runs: Runs, scope: Any) -> Any:
            await runs.fetch("select from interactions where id = $1 for no key update", request.interaction_id)
            return await original(runs, scope)

        with pytest.MonkeyPatch.context() as within:
            within.setattr(things, "lock_connection", lock_connection)
            return await right(db, noun, thing_id, request, seconds=seconds)

    right = transactions.claim
    patch.setattr(transactions, "claim", claim)


_LOCK_AND_LOOK = """
    select found.id, found.connection_id
    from (select pg_advisory_xact_lock(hashtextextended($1::uuid::text || ' ' || $2::text, 0)) as held) as gate
    left join (
        select recoveries.id, things.connection_id
        from recoveries
        join things on things.organization_id = recoveries.organization_id and things.id = recoveries.id
        where
            recoveries.organization_id = $1 and source_type = $3 and source_id = $4
            and status in ('active', 'escalated')
    ) as found on true
    where gate.held is not null
"""


def lock_and_look_in_one_statement(patch: pytest.MonkeyPatch) -> None:
    """The name is locked by the statement that looks for the open recovery."""
    original = operations._find_open  # noqa: SLF001  -- as above

    async def find_open(db: Runs, context: Context, source: Source) -> tuple[UUID, Scope] | None:
        if isinstance(db, Database):  # before the transaction
            return await original(db, context, source)
        organization_id, name = context.organization_id, operations._name(source)  # noqa: SLF001  -- as above
        (row,) = await db.fetch(_LOCK_AND_LOOK, organization_id, name, source.type, source.id)
        scope = Scope(organization_id=organization_id, connection_id=row["connection_id"])
        return (row["id"], scope) if row["id"] else None

    async def nothing(*_: object) -> None:
        return None

    patch.setattr(operations, "_find_open", find_open)
    patch.setattr(things, "lock_name", nothing)


def refused_before_the_claim(patch: pytest.MonkeyPatch) -> None:
    """A refusal is told without a claim, so that it is not stored."""
    original = interactions.claim_round

    async def claim_round(runs: Runs, request: ClaimRequest) -> Any:
        if request.refusal is not None:
            return replace(
                await original(runs, replace(request, claim_id=bytes(32), refusal={"code": "probe"})),
                verdict=Verdict.REFUSED,
                refusal=request.refusal,
                repeats=0,
            )
        return await original(runs, request)

    patch.setattr(interactions, "claim_round", claim_round)


def flaps(patch: pytest.MonkeyPatch) -> None:
    """Each report makes it active again, and the same report escalates it again."""
    patch.setattr(escalation, "stands", lambda *_: False)


def attempts_count_only_while_active(patch: pytest.MonkeyPatch) -> None:
    """A report beyond the last attempt escalates what is active, and makes active what is escalated."""
    exceeded = escalation.is_exceeded
    patch.setattr(
        escalation,
        "is_exceeded",
        lambda row, report: row.status == Status.ACTIVE and exceeded(row, report),
    )


def ticks_without_looking_again(patch: pytest.MonkeyPatch) -> None:
    """A replica escalates what it found due, whatever the locked row says."""

    def tick(locked: Locked[Any]) -> Any:
        return escalation.tick(replace(locked, row=replace(locked.row, due_at=locked.now)))

    patch.setattr(loop, "NOUNS", MappingProxyType({"recovery": replace(NOUN, tick=tick)}))


def other_thing_last(patch: pytest.MonkeyPatch) -> None:
    """A thing and its blocker are locked in the order in which they are named, not in that of their ids."""

    async def lock(runs: Runs, noun: Noun[Any], organization_id: UUID, id: UUID, *, other: UUID | None = None) -> Any:
        found = await noun.table.lock(runs, organization_id, id)
        assert found is not None
        is_open = await things.lock_open(runs, organization_id, other) if other else None
        open_id = noun.public_id(other) if other and is_open else None
        return Locked(thing=found.thing, row=found.row, now=found.thing.read_at, other_open_id=open_id)

    patch.setattr(transactions, "lock", lock)


_GATE = (
    "select pg_advisory_xact_lock_shared(hashtextextended('askbridge connection ' || $connection_id::uuid::text, 0))"
)


def no_gate(patch: pytest.MonkeyPatch) -> None:
    """Who opens rounds takes the row of the connection alone."""
    without = mutated(
        "things",
        "lock_connection",
        (
            _GATE,
            "select true",
        ),
    )
    patch.setitem(things._SQL, "lock_connection", without)  # noqa: SLF001  -- as above


def no_gate_for_questions(patch: pytest.MonkeyPatch) -> None:
    """Who opens questions takes the row of the connection alone."""
    without = mutated("interactions", "open", (_GATE, "select true"))
    patch.setitem(interactions._SQL, "open", without)  # noqa: SLF001  -- as above


_DUE_FIRST = "select (select count(*) from cards_due) + (select count(*) from anchor) >= 0 and"
_CARDS_THEN_ANCHOR = f"{_DUE_FIRST} exists (select from cards_due where"
MUTANTS: dict[str, tuple[Wrong, str]] = {
    "apply outside the transaction": (
        lambda patch: patch.setattr(transactions, "claim", apply_outside_the_transaction),
        "dies at every point of a click",
    ),
    "event later than its change": (event_after_its_change, "dies at every point of a click"),
    "cards not due when their round ends": (
        apply_changed(("        wanted = wanted + 1,\n", "        wanted = wanted + (not $is_quiet)::int * 0,\n")),
        "report of something else",
    ),
    "lock and look in one statement": (lock_and_look_in_one_statement, "reports wait for one name"),
    "interaction before the thing": (interaction_before_the_thing, "report and click"),
    "cards before the anchor": (
        apply_changed(
            ("    cross join (select count(*) from anchor) as after_its_lock\n", ""),
            (
                "select exists (select from cards_due where",
                _CARDS_THEN_ANCHOR,
            ),
        ),
        "report and edit",
    ),
    "next round before the old one ended": (
        apply_changed(("    cross join (select count(*) from round_ended) as after_its_end\n", "")),
        "report of something else",
    ),
    "refusal that is decided anew": (
        claim_changed(
            (
                "set repeats = clicks.repeats + 1",
                "set repeats = clicks.repeats + 1, verdict = excluded.verdict, refusal = excluded.refusal",
            )
        ),
        "refusal",
    ),
    "refusal without its reason": (
        claim_changed(("case when verdict = 'refused' then $refusal::jsonb end, now", "null, now")),
        "refusal",
    ),
    "refusal that is not stored": (refused_before_the_claim, "refusal"),
    "escalation that flaps": (attempts_count_only_while_active, "reports escalate once"),
    "escalation that begins anew with each report": (flaps, "reports escalate once"),
    "escalation of what is not due any more": (ticks_without_looking_again, "time escalates once"),
    "things locked in any order": (other_thing_last, "block each other"),
    "rounds opened without the gate": (no_gate, "disabling"),
    "questions opened without the gate": (no_gate_for_questions, "disabling"),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_things_catch(
    name: str, db: Database, other: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, check = MUTANTS[name]
    wrong(monkeypatch)

    with pytest.raises((AssertionError, errors.Unavailable, asyncpg.PostgresError)):
        async with asyncio.timeout(30):
            await CHECKS[check](db, other, dsn)
