"""What a report makes of a recovery: one test for each rule."""

from typing import Any

import pytest

from bridge.things.recovery import escalation, life, owner
from tests.bridge.things.recovery.building import escalated, report, reported, row
from tests.bridge.things.samples import KEY, NOW, later

ANA, BOB = {"user": "U0ANA"}, {"user": "U0BOB"}
DEPLOYER, BOARD = {"agent": "deployer"}, {"board": True}


def test_the_first_report_opens_an_active_row_with_one_attempt() -> None:
    decision = life.opened(report(owner=DEPLOYER), NOW, KEY)

    assert (decision.row.status, decision.row.attempt_count, decision.row.last_attempt_at) == ("active", 1, NOW)
    assert owner.of(decision.row) == DEPLOYER
    [entry] = decision.happened
    assert (entry.move, entry.from_status, entry.to_status, entry.by) == ("opened", None, "active", KEY)
    assert entry.detail["wakes"] == {"owner": DEPLOYER}
    assert entry.detail["source"] == {"type": "build", "id": "4711"}
    assert entry.detail["next_action"] == "Restart the runner."


def test_a_report_without_an_owner_is_the_boards() -> None:
    assert owner.of(life.opened(report(), NOW, KEY).row) == BOARD
    assert owner.of(reported(row(owner_user="U0ANA")).row) == BOARD


@pytest.mark.parametrize("field", ["kind", "cause", "fingerprint", "next_action"])
def test_a_report_replaces_what_it_says(field: str) -> None:
    sent: dict[str, Any] = {field: "another"}

    assert getattr(reported(row(), **sent).row, field) == "another"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recovery_ref", "heal-1"),
        ("wake_policy", {"step_seconds": 9}),
        ("monitor_policy", {"probe": "x"}),
        ("max_attempts", 7),
        ("timeout_at", later(3600)),
    ],
)
def test_a_report_clears_what_it_leaves_out_of_its_own_policies(field: str, value: Any) -> None:
    given = reported(row(), **{field: value}).row

    assert getattr(given, field) == value
    assert getattr(reported(given).row, field) is None


def test_evidence_and_return_owner_stay_unless_given() -> None:
    had = row(evidence={"a": 1}, return_owner=DEPLOYER)

    assert (reported(had).row.evidence, reported(had).row.return_owner) == ({"a": 1}, DEPLOYER)
    after = reported(had, evidence={}, return_owner=ANA).row
    assert (after.evidence, after.return_owner) == ({}, ANA)


def test_the_previous_owner_is_the_given_one_else_the_one_before_if_it_changed_else_as_it_was() -> None:
    had = row(owner_agent="deployer", previous_owner=BOB)

    assert reported(had, owner=ANA, previous_owner=BOARD).row.previous_owner == BOARD
    assert reported(had, owner=DEPLOYER, previous_owner=BOARD).row.previous_owner == BOARD
    assert reported(had, owner=ANA).row.previous_owner == DEPLOYER
    assert reported(had, owner=DEPLOYER).row.previous_owner == BOB


def test_every_report_is_an_attempt_made_when_it_says_or_now() -> None:
    first = reported(row())
    second = reported(first.row, last_attempt_at=later(5))

    assert (first.row.attempt_count, first.row.last_attempt_at) == (2, later())
    assert (second.row.attempt_count, second.row.last_attempt_at) == (3, later(5))


def test_a_report_wakes_the_owner() -> None:
    [entry] = reported(row(), owner=ANA).happened

    assert (entry.move, entry.detail["wakes"]) == ("refreshed", {"owner": ANA})
    assert entry.detail["attempt_count"] == 2


def test_a_report_that_only_counts_or_brings_evidence_is_quiet() -> None:
    assert reported(row(), evidence={"a": 1}).is_quiet
    for change in ({"kind": "x"}, {"cause": "x"}, {"fingerprint": "x"}, {"owner": ANA}, {"max_attempts": 1}):
        assert not reported(row(), **change).is_quiet


def test_the_first_attempt_too_many_escalates_at_once() -> None:
    assert reported(row(attempt_count=2), max_attempts=3).row.status == "active"
    decision = reported(row(attempt_count=3), max_attempts=3, owner=DEPLOYER)

    assert (decision.row.status, decision.row.escalated_at, decision.row.due_at) == ("escalated", later(), None)
    assert owner.of(decision.row) == DEPLOYER, "without another owner to escalate to"
    [entry] = decision.happened
    assert (entry.move, entry.from_status, entry.to_status) == ("escalated", "active", "escalated")
    assert (entry.reason, entry.detail["wakes"]) == ("attempt 4, more than the 3 allowed", {"owner": DEPLOYER})
    assert not decision.is_quiet


def test_an_escalation_gives_it_to_the_first_owner_of_the_wake_policy() -> None:
    policy = {"escalate_to": [ANA, BOB], "step_seconds": 60}
    decision = reported(
        row(attempt_count=3, owner_agent="deployer"), max_attempts=3, wake_policy=policy, owner=DEPLOYER
    )

    assert (owner.of(decision.row), decision.row.previous_owner) == (ANA, DEPLOYER)
    assert (decision.row.escalation_step, decision.row.due_at) == (1, later(120))
    assert decision.happened[0].detail["wakes"] == {"owner": ANA}


def test_while_the_attempts_are_too_many_reports_leave_status_and_owner() -> None:
    policy = {"escalate_to": [ANA, BOB], "step_seconds": 600}
    first = reported(row(attempt_count=3), max_attempts=3, wake_policy=policy).row
    decision = reported(first, at=later(90), max_attempts=3, wake_policy=policy, owner=DEPLOYER, cause="Another.")

    after = decision.row
    assert (after.status, after.escalated_at, after.due_at) == ("escalated", first.escalated_at, first.due_at)
    assert (owner.of(after), after.previous_owner) == (ANA, BOARD)
    assert (after.cause, after.attempt_count) == ("Another.", 5)
    assert [entry.move for entry in decision.happened] == ["refreshed"]
    assert decision.happened[0].detail["wakes"] == {"owner": ANA}


@pytest.mark.parametrize("given", [{}, {"max_attempts": 9}])
def test_a_report_with_attempts_left_makes_it_active_again_with_its_owner(given: Any) -> None:
    had = escalated(attempt_count=5, owner_user="U0ANA", escalation_step=1, due_at=later(90), max_attempts=3)
    after = reported(had, owner=DEPLOYER, timeout_at=later(7200), **given).row

    assert (after.status, after.escalated_at, after.escalation_step) == ("active", None, 0)
    assert (owner.of(after), after.previous_owner, after.due_at) == (DEPLOYER, ANA, later(7200))


def test_a_report_after_a_timeout_makes_it_active_again() -> None:
    assert reported(escalated(timeout_at=NOW)).row.status == "active"


def test_a_report_that_gives_a_time_which_has_passed_does_not_undo_an_escalation() -> None:
    """Else time would escalate it again a moment later, and every such report would tell two changes."""
    had = escalated(timeout_at=NOW, owner_user="U0ANA")
    after = reported(had, timeout_at=NOW, owner=DEPLOYER).row

    assert (after.status, owner.of(after)) == ("escalated", ANA)


def test_a_link_to_the_source_stays_unless_another_is_given() -> None:
    had = row(source_url="https://ci.example.com/1")

    assert reported(had).row.source_url == "https://ci.example.com/1"
    given = {"type": "build", "id": "4711", "url": "https://ci.example.com/2"}
    assert reported(had, source=given).row.source_url == "https://ci.example.com/2"


def test_whether_an_escalation_stands_is_known_before() -> None:
    """A report that leaves the escalation as it is must not move the cards either."""
    given = report(max_attempts=3)
    assert escalation.stands(escalated(attempt_count=3), given, NOW)
    assert not escalation.stands(row(attempt_count=3), given, NOW), "this report is what escalates"
    assert not escalation.stands(escalated(attempt_count=2), given, NOW)
