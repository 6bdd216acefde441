"""Random lives of a recovery: whatever agents, people and time do, each rule holds after every step."""

import itertools
import random
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given

from bridge.things.contract import Decision
from bridge.things.recovery import NOUN, ending, escalation, life, owner, people
from bridge.things.recovery.request import Report
from bridge.things.recovery.row import Outcome, Recovery
from storage.model import Json
from tests.bridge.things.recovery.building import OTHER, locked, report
from tests.bridge.things.recovery.checks import violated
from tests.bridge.things.samples import ANA, KEY, NOW
from tests.generated.scale import chances, generated

OWNERS: list[Json] = [{"user": "U0ANA"}, {"user": "U0BOB"}, {"agent": "deployer"}, {"board": True}]
PAIRS = {
    ("active", None),
    ("escalated", None),
    ("resolved", "restored"),
    ("resolved", "blocked"),
    ("resolved", "false_positive"),
    ("cancelled", "cancelled"),
}


def some_report(chance: random.Random, now: datetime) -> Report:
    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.5 else None

    policy = {"escalate_to": [chance.choice(OWNERS) for _ in range(chance.randint(1, 5))]}
    given = {
        "kind": chance.choice(["a", "b"]),
        "owner": maybe(chance.choice(OWNERS)),
        "previous_owner": maybe(maybe(chance.choice(OWNERS))),
        "return_owner": maybe(chance.choice(OWNERS)),
        "wake_policy": maybe(policy | {"step_seconds": chance.choice([1, 60, 3600])}),
        "evidence": maybe({"n": chance.random()}),
        "max_attempts": maybe(chance.randint(1, 6)),
        "timeout_at": maybe(now + timedelta(seconds=chance.randint(-100, 300))),
    }
    return report(**{name: value for name, value in given.items() if value is not None})


def ends(row: Recovery, now: datetime, chance: random.Random) -> Decision[Recovery]:
    outcome = chance.choice(list(Outcome))
    found = locked(row, at=now, other_is_open=True)
    blocker = {"id": NOUN.public_id(OTHER)} if outcome is Outcome.BLOCKED else None
    if chance.random() < 0.5:
        return ending.resolved(found, outcome, note=None, blocker=blocker, by=KEY)
    assert people.guard(found, outcome.value, {"blocker": blocker}) is None
    return people.move(found, outcome.value, {"blocker": blocker}, ANA)


def check_report(before: Recovery, after: Recovery, sent: Report, decision: Decision[Recovery], now: datetime) -> None:
    assert after.attempt_count == before.attempt_count + 1
    assert len(decision.happened) == 1
    given_previous = sent.previous_owner.stored() if sent.previous_owner else None
    changed = owner.of(before) if owner.of(before) != owner.of(after) else before.previous_owner
    assert after.previous_owner == (given_previous or changed)
    too_many = sent.max_attempts is not None and after.attempt_count > sent.max_attempts
    has_passed = sent.timeout_at is not None and sent.timeout_at <= now
    if before.status == "escalated" and (too_many or has_passed):
        assert (after.status, owner.of(after)) == ("escalated", owner.of(before))
        assert (after.escalated_at, after.escalation_step) == (before.escalated_at, before.escalation_step)
    elif too_many:
        assert (after.status, after.escalated_at) == ("escalated", now)
    else:
        wanted = sent.owner.stored() if sent.owner else {"board": True}
        assert (after.status, owner.of(after), after.due_at) == ("active", wanted, sent.timeout_at)
    assert decision.is_quiet == (life.identity(before) == life.identity(after))


def settle(row: Recovery, now: datetime) -> Recovery:
    """The row once time has done all that is due now; it comes to rest within a step for each owner."""
    for _ in range(7):
        decision = escalation.tick(locked(row, at=now))
        if decision is None:
            return row
        [entry] = decision.happened
        assert entry.move == "escalated"
        assert entry.detail["wakes"] == {"owner": owner.of(decision.row)}
        assert decision.row.escalation_step >= row.escalation_step
        assert decision.row.attempt_count == row.attempt_count
        assert violated(decision.row) == []
        row = decision.row
    raise AssertionError("it flaps")


@generated(300)
@given(chances())
def test_whatever_happens_the_rules_hold(chance: random.Random) -> None:
    now, reports = NOW, 1
    row = life.opened(some_report(chance, now), now, KEY).row
    for _ in range(chance.randint(1, 25)):
        now += timedelta(seconds=chance.choice([0, 1, 60, 4000]))
        match chance.randrange(8):
            case 0 | 1 | 2 | 3:
                sent = some_report(chance, now)
                decision = life.reported(locked(row, at=now), sent, KEY)
                check_report(row, decision.row, sent, decision, now)
                row, reports = decision.row, reports + 1
            case 4 | 5 | 6:
                row = settle(row, now)
            case _:
                decision = ends(row, now, chance)
                assert violated(decision.row) == []
                assert decision.happened[0].to_status == decision.row.status
                assert decision.row.attempt_count == reports
                assert (decision.row.status, decision.row.outcome) in PAIRS
                assert escalation.tick(locked(decision.row, at=now + timedelta(days=9))) is None
                return
        assert violated(row) == []
        assert (row.status, row.outcome) in PAIRS
        assert row.attempt_count == reports


@generated(100)
@given(chances())
def test_the_same_report_again_and_again_never_flaps(chance: random.Random) -> None:
    """Reports with the same words, with time in between: it is escalated for good, or never again without a change."""
    now = NOW
    sent = some_report(chance, now)
    row = life.opened(sent, now, KEY).row
    statuses = []
    for _ in range(30):
        now += timedelta(seconds=20)
        row = settle(row, now)
        statuses.append(row.status)
        row = life.reported(locked(row, at=now), sent, KEY).row
        statuses.append(row.status)
        assert violated(row) == []

    changes = [(one, other) for one, other in itertools.pairwise(statuses) if one != other]
    assert changes in ([], [("active", "escalated")])
