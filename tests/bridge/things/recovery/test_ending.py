"""How recoveries end, by agents and by people."""

import pytest

from bridge import ids
from bridge.things.recovery import NOUN, ending, people
from bridge.things.recovery.row import Outcome, Recovery
from tests.bridge.things.recovery.building import OTHER, ended, escalated, locked, row
from tests.bridge.things.samples import ANA, ID, KEY, later

DEPLOYER = {"agent": "deployer"}
BLOCKER = {"id": NOUN.public_id(OTHER)}
ELSEWHERE = {"external": {"type": "incident", "id": "7", "url": "https://status.example.com/7"}}
ENDS = [
    (Outcome.RESTORED, "resolved"),
    (Outcome.BLOCKED, "resolved"),
    (Outcome.FALSE_POSITIVE, "resolved"),
    (Outcome.CANCELLED, "cancelled"),
]


@pytest.mark.parametrize("found", [row(), escalated(due_at=later())], ids=["active", "escalated"])
@pytest.mark.parametrize(("outcome", "status"), ENDS)
def test_each_outcome_has_its_status(found: Recovery, outcome: Outcome, status: str) -> None:
    blocker = BLOCKER if outcome is Outcome.BLOCKED else None
    decision = ending.resolved(locked(found), outcome, note="Done.", blocker=blocker, by=KEY)

    after = decision.row
    assert (after.status, after.outcome, after.note, after.blocker) == (status, outcome, "Done.", blocker)
    assert (after.resolved_by, after.resolved_at, after.due_at) == (KEY, later(), None)
    assert after.blocker_id == (OTHER if blocker else None)
    [entry] = decision.happened
    assert (entry.move, entry.from_status, entry.to_status) == (status, found.status, status)
    assert (entry.detail["outcome"], entry.reason, entry.by) == (outcome, "Done.", KEY)
    assert decision.end_reason


@pytest.mark.parametrize(("outcome", "_"), ENDS)
def test_an_end_wakes_the_return_owner_unless_it_is_blocked(outcome: Outcome, _: str) -> None:
    found = locked(row(return_owner=DEPLOYER))
    decision = ending.resolved(found, outcome, note=None, blocker=ELSEWHERE, by=KEY)

    assert decision.row.blocker == (ELSEWHERE if outcome is Outcome.BLOCKED else None)
    [entry] = decision.happened
    assert entry.detail.get("wakes") == (None if outcome is Outcome.BLOCKED else {"return_owner": DEPLOYER})


def test_the_same_end_again_changes_nothing_and_another_is_refused() -> None:
    had = locked(ended(Outcome.RESTORED))

    same = ending.resolved(had, Outcome.RESTORED, note="Again.", blocker=None, by=KEY)
    assert (same.row, list(same.happened)) == (had.row, [])
    with pytest.raises(ValueError, match="ended as restored, not as cancelled"):
        ending.resolved(had, Outcome.CANCELLED, note=None, blocker=None, by=KEY)


def test_only_blocked_needs_a_blocker_and_it_has_to_be_open() -> None:
    for outcome in set(Outcome) - {Outcome.BLOCKED}:
        assert ending.refusal(locked(row()), outcome, None) is None
    assert ending.refusal(locked(row(), other_is_open=True), Outcome.BLOCKED, BLOCKER) is None
    assert ending.refusal(locked(row()), Outcome.BLOCKED, ELSEWHERE) is None


@pytest.mark.parametrize(
    ("blocker", "code"),
    [
        (None, "blocker_missing"),
        (BLOCKER, "blocker_not_open"),
        ({"id": "rec_x"}, "blocker_not_open"),
        ({"id": ids.encode("int", OTHER)}, "blocker_not_open"),
        ({"id": NOUN.public_id(ID)}, "blocked_by_itself"),
    ],
)
def test_a_blocker_that_blocks_nothing_is_refused_under_its_field(blocker: dict[str, str] | None, code: str) -> None:
    refusal = ending.refusal(locked(row()), Outcome.BLOCKED, blocker)

    assert refusal is not None
    assert (refusal.code, refusal.field) == (code, "blocker")


def test_the_id_of_a_blocker_has_the_prefix_of_its_noun() -> None:
    forged = {"id": ids.encode(ids.ThingPrefix("zzz"), OTHER)}

    refusal = ending.refusal(locked(row(), other_is_open=True), Outcome.BLOCKED, forged)

    assert refusal is not None and refusal.code == "blocker_not_open"


def test_a_recovery_is_never_blocked_by_itself_even_though_it_is_open() -> None:
    found = locked(row(), other_is_open=True)

    refusal = people.guard(found, "blocked", {"blocker": {"id": NOUN.public_id(ID)}})
    assert refusal is not None
    assert refusal.code == "blocked_by_itself"


@pytest.mark.parametrize("choice", ["", "escalated", "approve"])
def test_what_is_no_move_is_left_to_the_claim(choice: str) -> None:
    assert people.guard(locked(row()), choice, {}) is None
    assert people.needs(choice, {"blocker": BLOCKER}) is None


def test_a_person_ends_it_like_an_agent() -> None:
    given = {"blocker": BLOCKER, "note": "After the move."}
    found = locked(row(), other_is_open=True)

    assert people.needs("blocked", given) == OTHER
    assert people.needs("blocked", {"blocker": ELSEWHERE}) is None
    assert people.needs("restored", given) is None
    assert people.guard(found, "blocked", given) is None
    after = people.move(found, "blocked", given, ANA).row
    assert (after.outcome, after.blocker_id, after.note, after.resolved_by) == ("blocked", OTHER, given["note"], ANA)
    for move in set(people.MOVES) - {"blocked"}:
        assert people.guard(locked(row()), move, {}) is None
        assert people.move(locked(row()), move, {}, ANA).row.outcome == move
