"""The checks of work items, and the wrong ways that they must catch: each looks right."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import asyncpg
import pytest

from bridge.loops import things as loop
from bridge.things.contract import Decision, Locked
from bridge.things.work import NOUN, leases, life, refreshing
from bridge.things.work.row import LeaseEnd, WorkItem
from storage import errors
from storage.pool import Database
from tests.bridge.things.steps import mutated
from tests.bridge.things.work import items
from tests.bridge.things.work.work_checks import CHECKS

Wrong = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize("check", CHECKS)
async def test_work_items_pass(check: str, db: Database, other: Database, dsn: str) -> None:
    await CHECKS[check](db, other, dsn)


def a_stale_fence_is_accepted(patch: pytest.MonkeyPatch) -> None:
    """Any fence moves an item that is leased."""
    original = leases.before

    def before(row: WorkItem, fence: int | None, end: LeaseEnd) -> life.Result | None:
        return original(row, row.attempts if fence is not None else None, end)

    for module in (leases, life):
        patch.setattr(module, "before", before)


def taken_without_the_guard(patch: pytest.MonkeyPatch) -> None:
    """A click takes whatever its round offers."""
    patch.setattr(items, "NOUN", replace(NOUN, guard=lambda *_: None))
    patch.setattr(WorkItem, "is_free", lambda self, now: self.status == "ready" or self.is_overdue(now))


def done_without_the_lock(patch: pytest.MonkeyPatch) -> None:
    """A person finishes an item without the lock of dependencies."""
    patch.setattr(items, "NOUN", replace(NOUN, locks_name=lambda _: None))


def apply_changed(*changes: tuple[str, str]) -> Wrong:
    """The apply of work items with its text changed."""
    return lambda patch: patch.setitem(NOUN.table.sql, "apply", mutated("work_items", "apply", *changes))


def renewed_by_time(patch: pytest.MonkeyPatch) -> None:
    """A lease that ran out is told and not ended."""

    def tick(locked: Locked[WorkItem]) -> Decision[WorkItem] | None:
        decision = refreshing.tick(locked)
        return replace(decision, row=locked.row) if decision and decision.happened else decision

    patch.setattr(loop, "NOUNS", MappingProxyType({"work": replace(NOUN, tick=tick)}))


MUTANTS: dict[str, tuple[Wrong, str]] = {
    "a stale fence accepted": (a_stale_fence_is_accepted, "only the latest lease"),
    "taken without the guard": (taken_without_the_guard, "nothing that waits"),
    "done by a person without the lock": (done_without_the_lock, "counted down"),
    "drawn again and again": (apply_changed(("refresh_at = null", "refresh_at = work_items.refresh_at")), "time"),
    "not counted down": (
        apply_changed(("unmet = work_items.unmet - 1", "unmet = work_items.unmet")),
        "nothing that waits",
    ),
    "told as expired and still leased": (renewed_by_time, "time"),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_work_items_catch(
    name: str, db: Database, other: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, check = MUTANTS[name]
    wrong(monkeypatch)

    with pytest.raises((AssertionError, errors.Unavailable, asyncpg.PostgresError, pytest.fail.Exception)):
        async with asyncio.timeout(30):
            await CHECKS[check](db, other, dsn)
