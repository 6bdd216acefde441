"""The checks of notes, and the wrong ways that they must catch: each looks right."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest

from bridge.loops.notes import Notes
from bridge.slack.errors import RetryAfter, SlackFailure
from storage import errors, notes
from storage.notes import LeasedNotes
from tests.bridge.replica import Replica
from tests.bridge.things.note_checks import CHECKS
from tests.bridge.things.steps import mutated

Wrong = Callable[[pytest.MonkeyPatch], None]
_WAITING = "notes.given_up_at is null and not notes.maybe_sent"


@pytest.mark.parametrize("check", CHECKS)
async def test_notes_pass(check: str, replica: Replica) -> None:
    await CHECKS[check](replica)


def changed(*statements: tuple[str, str, str]) -> Wrong:
    """Statements of notes with their text changed: (name, old, new)."""

    def change(patch: pytest.MonkeyPatch) -> None:
        changes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, old, new in statements:
            changes[name].append((old, new))
        for name, of_name in changes.items():
            wrong = mutated("notes", name, *of_name)
            patch.setitem(notes._SQL, name, wrong)  # noqa: SLF001  -- the statements that the real calls use

    return change


def put_off_as_any_other(patch: pytest.MonkeyPatch) -> None:
    """A send that may have been taken is put off as one that was not."""
    right = Notes._failed  # noqa: SLF001  -- where a replica decides it

    async def failed(self: Notes, leased: LeasedNotes, failure: SlackFailure, destination: str) -> None:
        if isinstance(failure, RetryAfter):
            failure = replace(failure, ambiguous=False)
        await right(self, leased, failure, destination)

    patch.setattr(Notes, "_failed", failed)


MUTANTS: dict[str, tuple[Wrong, str]] = {
    "posted twice after an ambiguous send": (
        changed(
            ("give_up", "given_up_at = clock_timestamp(), ", ""),
            ("give_up", "maybe_sent = $unsure::boolean", "maybe_sent = $unsure::boolean and false"),
        ),
        "ambiguous send",
    ),
    "put off after an ambiguous send": (put_off_as_any_other, "ambiguous send"),
    "posted twice after a replica died": (
        changed(
            ("hold_cards", _WAITING, "notes.given_up_at is null and notes.ts is null"),
            ("lease", _WAITING, "notes.given_up_at is null and notes.ts is null"),
            ("mark_maybe_sent", "and not free.maybe_sent", ""),
        ),
        "dies at every point",
    ),
    "marked after the call": (
        changed(("mark_maybe_sent", "set maybe_sent = true, ", "set ")),
        "dies at every point",
    ),
    "two messages of one thread at a time": (
        changed(
            ("hold_cards", "and notes.leased_until > statement_timestamp()", "and false"),
            ("lease", "and notes.leased_until > clock_timestamp()", "and false"),
        ),
        "one at a time",
    ),
    "in the order of no one": (
        changed(("lease", "order by notes.number\n        ) - 1", "order by notes.number desc\n        ) - 1")),
        "long queue",
    ),
    "one note after the other": (changed(("lease", "<= $max_size", "<= least($max_size, notes.size)")), "two replicas"),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_notes_catch(name: str, replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, check = MUTANTS[name]
    wrong(monkeypatch)

    with pytest.raises((AssertionError, errors.Unavailable, asyncpg.PostgresError, TimeoutError, ExceptionGroup)):
        async with asyncio.timeout(60):
            await CHECKS[check](replica)
