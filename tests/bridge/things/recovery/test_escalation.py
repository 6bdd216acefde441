"""Escalation by time: at `timeout_at`, and then from one owner of the wake policy to the next."""

import pytest

from bridge.things.contract import Decision
from bridge.things.recovery import escalation, owner
from bridge.things.recovery.row import Outcome, Recovery
from tests.bridge.things.recovery.building import ended, escalated, locked, row
from tests.bridge.things.samples import NOW, later

ANA, BOB, BOARD = {"user": "U0ANA"}, {"user": "U0BOB"}, {"board": True}
POLICY = {"escalate_to": [ANA, BOB, BOARD], "step_seconds": 60, "own": "words"}


def tick(found: Recovery, seconds: float) -> Decision[Recovery]:
    decision = escalation.tick(locked(found, at=later(seconds)))
    assert decision is not None
    return decision


def test_nothing_is_due_before_its_time() -> None:
    assert escalation.tick(locked(row(), at=later(10**6))) is None
    assert escalation.tick(locked(row(timeout_at=later(60), due_at=later(60)), at=later(59))) is None


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_has_ended_is_not_escalated(outcome: Outcome) -> None:
    assert escalation.tick(locked(ended(outcome, timeout_at=NOW, due_at=NOW), at=later())) is None


def test_a_timeout_that_passes_escalates_an_active_one() -> None:
    decision = tick(row(timeout_at=later(60), due_at=later(60), owner_agent="deployer"), 60)

    assert (decision.row.status, decision.row.escalated_at, decision.row.due_at) == ("escalated", later(60), None)
    assert owner.of(decision.row) == {"agent": "deployer"}
    [entry] = decision.happened
    assert (entry.move, entry.from_status, entry.to_status) == ("escalated", "active", "escalated")
    assert (entry.by, entry.reason, entry.detail["wakes"]) == (
        {},
        "timeout_at has passed",
        {"owner": {"agent": "deployer"}},
    )
    assert not decision.is_quiet


def test_each_further_owner_has_its_step_and_is_told_and_the_last_one_keeps_it() -> None:
    found = row(timeout_at=later(60), due_at=later(60), owner_agent="deployer", wake_policy=POLICY)
    owners, told = [], []
    for number in range(3):
        decision = tick(found, 60 * (number + 1))
        found = decision.row
        owners.append((owner.of(found), found.previous_owner, found.due_at))
        told += [(entry.move, entry.from_status, entry.detail["wakes"]["owner"]) for entry in decision.happened]

    assert owners == [
        (ANA, {"agent": "deployer"}, later(120)),
        (BOB, ANA, later(180)),
        (BOARD, BOB, None),
    ]
    assert told == [("escalated", "active", ANA), ("escalated", "escalated", BOB), ("escalated", "escalated", BOARD)]
    assert found.wake_policy == POLICY
    assert escalation.tick(locked(found, at=later(10**6))) is None


def test_a_step_is_an_hour_unless_the_policy_says_otherwise() -> None:
    found = row(timeout_at=NOW, due_at=NOW, wake_policy={"escalate_to": [ANA, BOB]})

    assert tick(found, 0).row.due_at == later(3600)


def test_an_escalated_one_has_no_timeout() -> None:
    assert escalation.due_at(escalated(timeout_at=NOW)) is None
