"""The checks of fixes, and the wrong ways that they must catch: each looks right."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from bridge.loops import things as loop
from bridge.things.contract import Decision, Locked
from bridge.things.fix import NOUN, life, operations, reminding
from bridge.things.fix.life import Change
from bridge.things.fix.request import ProposeOutcome
from bridge.things.fix.row import Fix, Outcome
from bridge.things.operations import Context
from storage import cards, errors, notes, things
from storage.model import Json, Scope
from storage.pool import Database
from storage.statements import Runs
from tests.bridge.things.fix.fix_checks import CHECKS
from tests.bridge.things.steps import mutated

Wrong = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize("check", CHECKS)
async def test_fixes_pass(check: str, db: Database, other: Database, dsn: str) -> None:
    await CHECKS[check](db, other, dsn)


def apply_changed(*changes: tuple[str, str]) -> Wrong:
    """The apply of fixes with its text changed."""
    return lambda patch: patch.setitem(NOUN.table.sql, "apply", mutated("fixes", "apply", *changes))


def changed(module: Any, name: str, *changes: tuple[str, str]) -> Wrong:
    """A statement of notes or cards with its text changed."""
    table = module.__name__.rpartition(".")[2]
    return lambda patch: patch.setitem(module._SQL, name, mutated(table, name, *changes))  # noqa: SLF001  -- the real one


def without_the_lock(patch: pytest.MonkeyPatch) -> None:
    """The active fix is looked for, and superseded, without the lock of the session's name."""

    async def nothing(*_: object) -> None:
        return None

    patch.setattr(things, "lock_name", nothing)


def looked_for_before_the_lock(patch: pytest.MonkeyPatch) -> None:
    """The active fix is the one that was found before the name was locked."""
    original, before = operations._find_active, dict[int, Any]()  # noqa: SLF001  -- as the real one

    async def find_active(runs: Runs, context: Context, session: str) -> tuple[Scope, UUID, bool] | None:
        if isinstance(runs, Database):
            before[id(context)] = await original(runs, context, session)
        found: tuple[Scope, UUID, bool] | None = before[id(context)]
        return found

    patch.setattr(operations, "_find_active", find_active)


def outcome_changed(**kept: Callable[[Fix, Fix], Any]) -> Wrong:
    """The row with another outcome, where these columns are something else."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        original = life._with_outcome  # noqa: SLF001  -- the function that the real calls use

        def with_outcome(row: Fix, change: Change, by: Json, now: Any) -> Fix:
            after = original(row, change, by, now)
            return replace(after, **{name: of(row, after) for name, of in kept.items()})

        patch.setattr(life, "_with_outcome", with_outcome)

    return wrong


def proposals_decide(patch: pytest.MonkeyPatch) -> None:
    """What an agent proposes as the outcome is the outcome."""

    def with_proposal(locked: Locked[Fix], sent: ProposeOutcome, by: Json) -> Decision[Fix] | None:
        return life.changed(locked, Change(outcome=Outcome(sent.outcome), words=sent.reason), by)

    patch.setattr(life, "with_proposal", with_proposal)


def reminds_again(patch: pytest.MonkeyPatch) -> None:
    """A fix stays due after its reminder."""

    def tick(locked: Locked[Fix]) -> Decision[Fix] | None:
        decision = reminding.tick(locked)
        return replace(decision, row=locked.row) if decision else None

    patch.setattr(loop, "NOUNS", MappingProxyType({"fix": replace(NOUN, tick=tick)}))


MUTANTS: dict[str, tuple[Wrong, str]] = {
    "superseded without the session's lock": (without_the_lock, "proposals"),
    "looked for before the lock": (looked_for_before_the_lock, "proposals"),
    "verified_at kept after the verdict was left": (
        outcome_changed(verified_at=lambda row, after: after.verified_at or row.verified_at),
        "verdict left",
    ),
    "what was awaited lost when another outcome comes": (
        outcome_changed(
            waiting_on=lambda _, after: after.waiting_on if after.outcome == Outcome.PENDING else None,
            waiting_since=lambda _, after: after.waiting_since if after.outcome == Outcome.PENDING else None,
        ),
        "verdict left",
    ),
    "a proposal that decides": (proposals_decide, "proposed outcome"),
    "reminded again and again": (reminds_again, "reminded once"),
    "a reminder that outlives its round": (
        apply_changed(("and ($round_digest::text is null or exists (select from round_opened))", "and false")),
        "no reminder after the verdict",
    ),
    "a reminder tried again after the verdict": (
        changed(notes, "put_off", (" or notes.over_at is not null", "")),
        "no reminder after the verdict",
    ),
    "a reminder joined with other notes": (
        changed(notes, "lease", ("and (first.place = 1 or first.asking = 0)", "")),
        "a message of its own",
    ),
    "a reminder that becomes a card": (
        changed(cards, "heal", ("and notes.round_id is not null", "and false")),
        "a message of its own",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_fixes_catch(name: str, db: Database, other: Database, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, check = MUTANTS[name]
    wrong(monkeypatch)

    with pytest.raises((AssertionError, errors.Unavailable, asyncpg.PostgresError)):
        async with asyncio.timeout(30):
            await CHECKS[check](db, other, dsn)
