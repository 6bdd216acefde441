"""The reminder that a verdict is missing: when it is due, which person it names, and that it comes once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.things.contract import Asking
from bridge.things.fix import people, reminding
from bridge.things.fix.row import Decided, Fix, Outcome
from tests.bridge.things.fix.building import changed, decided, judged, locked, proposal, row, superseded
from tests.bridge.things.samples import KEY, later

DAY = 86_400


def asked(found: Fix, seconds: float) -> Asking | None:
    decision = reminding.tick(locked(found, at=later(seconds)))
    if decision is None:
        return None
    assert decision.happened == [] and decision.row.due_at is None
    assert reminding.tick(locked(decision.row, at=later(10 * DAY))) is None, "once"
    [note] = decision.notes
    assert isinstance(note, Asking)
    return note


def test_it_comes_a_day_after_the_decision_to_apply_and_names_who_decided() -> None:
    assert asked(decided(), DAY) is None
    note = asked(decided(), 60 + DAY)

    assert note is not None
    assert note.text.startswith("🔔 <@U0ANA> decided to apply this fix <!date") and note.text.endswith("Did it work?")
    assert [move.label for move in note.moves.values()] == ["Worked", "Didn't", "Still waiting"]
    assert list(note.moves) == ["worked", "failed", "pending"]


def test_it_comes_for_what_waits_too_and_says_for_what() -> None:
    waiting = changed(decided(), Outcome.PENDING, words="The “nightly” run", remind_in=60).row
    note = asked(waiting, 121)

    assert note is not None and list(note.moves) == ["worked", "failed", "reason"]
    assert note.text.startswith("🔔 <@U0ANA> applied this fix, which waits <!date")
    assert note.text.endswith('for “The "nightly" run”. Did it work?')
    by_agent = asked(changed(row(), Outcome.PENDING, words="x", by=KEY).row, 60 + DAY)
    assert by_agent is not None
    assert by_agent.text.startswith("🔔 “watchdog” recorded that this fix was applied. It waits <!date")
    by_person = asked(judged(Outcome.PENDING, decided(Decided.DRAFT_TEMPLATE)), 60 + DAY)
    assert by_person is not None and by_person.text.startswith("🔔 <@U0ANA> recorded that this fix was applied.")


def test_a_new_reason_to_wait_starts_anew() -> None:
    waiting = reminding.tick(locked(judged(Outcome.PENDING), at=later(2 * DAY)))
    assert waiting is not None and waiting.row.due_at is None

    again = changed(waiting.row, Outcome.PENDING, words="Another.", at=later(2 * DAY)).row

    assert asked(again, 3 * DAY - 1) is None and asked(again, 3 * DAY) is not None


def test_what_an_agent_reports_asks_again_but_puts_nothing_off() -> None:
    reminded, soon = replace(decided(), due_at=None), replace(decided(), due_at=later(5))

    for found, due in ((reminded, later() + timedelta(days=1)), (soon, later(5)), (row(), None)):
        offered = proposal(found, "applied_success")
        assert offered is not None and offered.row.due_at == due


@pytest.mark.parametrize(
    "found",
    [
        row(),
        decided(Decided.BUILD_TEMPLATE),
        decided(Decided.DISMISSED),
        judged(Outcome.SUCCESS, decided()),
        judged(Outcome.FAILED, judged(Outcome.PENDING)),
        judged(Outcome.PARTIAL, decided()),
        superseded(decided()),
    ],
)
def test_nothing_else_is_asked_after(found: Fix) -> None:
    assert asked(found, 100 * DAY) is None


def test_each_of_its_moves_is_one_of_the_open_round() -> None:
    offered = [proposal(found, "applied_success") for found in (decided(), judged(Outcome.PENDING))]
    for found in (decided(), judged(Outcome.PENDING), *(each.row for each in offered if each)):
        note = asked(found, 2 * DAY)
        assert note is not None
        for name, move in note.moves.items():
            assert move.has_form == people.moves(found)[name].has_form
