"""The life of a fix: every transition, legal and not, its stamps, and that decision and outcome are two things."""

import itertools
import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from bridge.things.fix import NOUN, life, people, reminding
from bridge.things.fix.life import Change
from bridge.things.fix.row import Decided, Fix, Outcome, holds
from tests.bridge.things.fix.building import (
    APPLIED,
    NEWER,
    changed,
    decided,
    judged,
    locked,
    proposal,
    row,
    states,
    superseded,
    thing,
)
from tests.bridge.things.fix.checks import violated
from tests.bridge.things.samples import ANA, KEY, NOW, later
from tests.generated.scale import chances, generated

PROPOSED, PENDING, PARTIAL, SUCCESS, FAILED, DISMISSED = Outcome
LEGAL = {
    *((PROPOSED, outcome) for outcome in (*APPLIED, DISMISSED)),
    *itertools.product((PARTIAL, PENDING), (SUCCESS, FAILED, PARTIAL, PENDING)),
    *((SUCCESS, outcome) for outcome in (FAILED, PARTIAL, PENDING)),
    *((FAILED, outcome) for outcome in (SUCCESS, FAILED, PARTIAL, PENDING)),
}


def in_outcome(outcome: Outcome) -> Fix:
    return row() if outcome is PROPOSED else judged(outcome)


@pytest.mark.parametrize("before", Outcome)
@pytest.mark.parametrize("after", [outcome for outcome in Outcome if outcome is not PROPOSED])
@pytest.mark.parametrize("is_active", [True, False])
def test_each_outcome_follows_just_those_that_it_may_follow(
    before: Outcome, after: Outcome, *, is_active: bool
) -> None:
    found = in_outcome(before) if is_active else superseded(in_outcome(before))

    decision = changed(found, after, words="Other words.", at=later(99))

    if (before, after) not in LEGAL:
        is_same = before is after
        assert decision == (life.changed(locked(found), Change(), KEY) if is_same else None)
        return
    assert decision.row.outcome == after
    [entry] = decision.happened
    assert (entry.move, entry.from_status, entry.to_status) == ("outcome", found.status, decision.row.status)
    assert entry.detail["outcome_change"] == {"from": before, "to": after} and entry.reason == "Other words."
    assert violated(decision.row) == []


def test_an_outcome_has_its_stamps() -> None:
    pending = changed(row(), PENDING, words="The nightly run.", at=later(1)).row
    assert (pending.applied_at, pending.verified_at, pending.waiting_since) == (later(1), None, later(1))
    failed = changed(pending, FAILED, words="It hangs.", at=later(2)).row
    assert (failed.applied_at, failed.verified_at) == (later(1), later(2))
    worked = changed(failed, SUCCESS, at=later(3)).row
    assert (worked.applied_at, worked.verified_at) == (later(1), later(3))
    partial = changed(worked, PARTIAL, words="Half of it.", at=later(4)).row
    assert (partial.applied_at, partial.verified_at) == (later(1), None), "the verdict was left"
    dismissed = changed(row(), DISMISSED, at=later(1)).row
    assert (dismissed.applied_at, dismissed.verified_at, dismissed.outcome_at) == (None, None, later(1))


def test_words_stay_whichever_outcome_comes_next() -> None:
    found = judged(PENDING, words="The nightly run.")
    found = judged(PARTIAL, found, words="Half of it.")
    found = judged(FAILED, found, words="It hangs.")
    found = judged(SUCCESS, found)

    assert (found.waiting_on, found.partial_notes, found.failure_reason) == (
        "The nightly run.",
        "Half of it.",
        "It hangs.",
    )


def test_a_new_reason_to_wait_is_told_and_the_same_one_is_not() -> None:
    found = judged(PENDING, words="The nightly run.")

    again = changed(found, PENDING, words="The nightly run.", at=later(99))
    other = changed(found, PENDING, words="The weekly run.", at=later(99))

    assert again.row == found and again.happened == []
    assert [entry.reason for entry in other.happened] == ["The weekly run."]
    assert other.row.waiting_since == found.waiting_since, "since when it waits"
    assert other.row.due_at == later(99) + timedelta(days=1)


def test_another_reason_why_it_failed_is_told_and_keeps_the_time_of_the_verdict() -> None:
    found = judged(FAILED, words="It hangs.")

    again = changed(found, FAILED, words="It hangs.", at=later(99))
    other = changed(found, FAILED, words="It leaks.", at=later(99))

    assert again.row == found and again.happened == []
    assert [entry.reason for entry in other.happened] == ["It leaks."]
    assert (other.row.failure_reason, other.row.verified_at) == ("It leaks.", found.verified_at)
    assert other.row.outcome_at == later(99)


@pytest.mark.parametrize("decision", [None, *Decided])
@pytest.mark.parametrize("outcome", Outcome)
def test_what_was_decided_says_nothing_about_the_outcome_but_to_dismiss_it(
    decision: Decided | None, outcome: Outcome
) -> None:
    if decision is Decided.DISMISSED:
        found = decided(decision)
        assert (found.outcome, found.decided_by, found.outcome_by) == ("dismissed", ANA, ANA)
        return
    found = decided(decision) if decision else row()
    assert found.outcome == "proposed" and found.outcome_at is None and found.applied_at is None

    after = judged(outcome, found) if outcome is not PROPOSED else found

    assert (after.decision, after.decided_at, after.decided_by) == (found.decision, found.decided_at, found.decided_by)
    assert after.status == ("decided" if decision and outcome is PROPOSED else outcome)
    assert ("decided" in NOUN.holding(after)) == (decision is not None)


def test_a_decision_is_one_entry_also_to_dismiss() -> None:
    for decision in Decided:
        [entry] = life.decided(locked(row()), decision, ANA).happened
        to = "dismissed" if decision is Decided.DISMISSED else "decided"
        assert (entry.move, entry.from_status, entry.to_status) == ("decided", "proposed", to)
        assert entry.detail["decision"] == decision


def test_only_applying_it_once_and_waiting_are_asked_after_later() -> None:
    assert decided(Decided.ONE_OFF).due_at == later() + timedelta(days=1)
    assert decided(Decided.DRAFT_TEMPLATE).due_at is None and decided(Decided.DISMISSED).due_at is None
    assert changed(row(), PENDING, words="x", remind_in=60, at=later(1)).row.due_at == later(61)
    assert changed(judged(PENDING), None, remind_in=60, at=later(1)).row.due_at == later(61)
    assert [changed(found, None, remind_in=60) for found in (row(), judged(SUCCESS), judged(PARTIAL))] == [None] * 3
    assert changed(row(), SUCCESS, remind_in=60) is None


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not PROPOSED])
def test_a_superseded_fix_still_gets_its_outcome_and_is_never_asked_after(outcome: Outcome) -> None:
    found = superseded(decided())
    assert (found.due_at, found.superseded_at, found.superseded_by) == (None, later(), NEWER)

    decision = changed(found, outcome, words="x")

    assert decision.row.outcome == outcome and decision.row.due_at is None
    assert NOUN.is_final(decision.row) and not NOUN.offers(decision.row)
    assert changed(found, PENDING, words="x", remind_in=60) is None


def test_to_be_superseded_changes_no_status() -> None:
    for found in (row(), decided(), judged(SUCCESS)):
        [entry] = life.superseded(locked(found), NEWER, "fix_newer", KEY).happened
        assert (entry.from_status, entry.to_status, entry.detail["superseded_by"]) == (
            found.status,
            found.status,
            "fix_newer",
        )


def test_a_proposed_outcome_decides_nothing_and_goes_with_the_next_one() -> None:
    for found in (row(), decided(), judged(PENDING), judged(SUCCESS)):
        decision = proposal(found, "applied_failed")
        assert decision is not None and decision.happened == []
        after = decision.row
        assert (after.outcome, after.decision, after.applied_at) == (found.outcome, found.decision, found.applied_at)
        assert after.outcome_proposal is not None and judged(PARTIAL, after).outcome_proposal is None
        assert superseded(after).outcome_proposal is None
        assert proposal(after, "applied_failed") == life.changed(locked(after), Change(), KEY), "the same again"
    for found in (judged(FAILED), judged(DISMISSED), superseded(row())):
        assert proposal(found, "applied_failed") is None


def test_one_click_confirms_what_was_proposed() -> None:
    offered = proposal(decided(), "applied_pending", reason="The nightly run.")
    assert offered is not None

    decision = people.move(locked(offered.row, at=later(5)), people.CONFIRM, {}, ANA)

    after = decision.row
    assert (after.outcome, after.waiting_on, after.outcome_by) == ("applied_pending", "The nightly run.", ANA)


@pytest.mark.parametrize("outcome", [PENDING, PARTIAL])
def test_to_confirm_what_is_so_already_is_recorded_and_ends_the_proposal(outcome: Outcome) -> None:
    offered = proposal(judged(outcome, words="Seen."), outcome.value)
    assert offered is not None

    decision = people.move(locked(offered.row, at=later(5)), people.CONFIRM, {}, ANA)

    assert decision.row.outcome_proposal is None
    [entry] = decision.happened
    assert (entry.by, entry.detail["confirmed"]["by"]) == (ANA, KEY)


def test_what_can_be_waited_for_is_so_from_then_on() -> None:
    worked = judged(SUCCESS, decided())

    assert NOUN.holding(worked) == {"applied_success", "decided"}
    assert NOUN.holding(superseded(decided())) == {"proposed", "decided", "superseded"}
    assert holds(row()) == {"proposed"}


def test_every_state_satisfies_the_checks_of_the_table() -> None:
    assert [found for found in states() if violated(found)] == []


@generated(200)
@given(chances())
def test_whatever_happens_the_rules_hold(chance: random.Random) -> None:
    now, found = NOW, row()
    for _ in range(chance.randint(1, 40)):
        now += timedelta(seconds=chance.choice([0, 60, 90_000]))
        before = found
        found = some_step(found, chance, now)
        assert violated(found) == []
        assert before.applied_at is None or found.applied_at == before.applied_at
        assert before.decision is None or (found.decision, found.decided_at) == (before.decision, before.decided_at)
        for name in ("partial_notes", "failure_reason", "waiting_on", "superseded_at"):
            assert getattr(before, name) is None or getattr(found, name) is not None
        moved = (before.outcome, found.outcome)
        assert before.outcome == found.outcome or (Outcome(moved[0]), Outcome(moved[1])) in LEGAL


def some_step(found: Fix, chance: random.Random, now: datetime) -> Fix:
    """What a person, an agent, time or a newer fix makes of it."""
    lock = locked(found, at=now)
    match chance.randrange(5):
        case 0 if moves := people.moves(found) if NOUN.offers(found) else {}:
            given = {"words": "Said.", "outcome": chance.choice(APPLIED).value}
            choice = chance.choice(list(moves))
            return found if people.guard(lock, choice, given) else people.move(lock, choice, given, ANA).row
        case 1:
            change = Change(outcome=chance.choice([*APPLIED, DISMISSED]), words=chance.choice("xy"))
            decision = life.changed(lock, change, KEY)
        case 2:
            decision = proposal(found, chance.choice(APPLIED).value)
        case 3:
            decision = reminding.tick(lock)
        case _ if found.is_active and chance.random() < 0.1:
            return superseded(found)
        case _:
            return found
    return decision.row if decision else found


def test_everyone_in_to_may_act_and_with_a_channel_everyone_who_sees_a_card() -> None:
    def who(**changes: object) -> list[str] | None:
        return people.responders(thing(**changes))

    ana, bob, channel = {"user": "U0ANA"}, {"user": "U0BOB"}, {"channel": "C0OPS"}
    assert who(asked_addresses=[ana, bob]) == ["U0ANA", "U0BOB"]
    assert who(asked_addresses=[ana, channel]) is None and who(asked_addresses=None) is None
    assert who(asked_addresses=[ana], added_addresses=[channel]) is None
    assert who(asked_addresses=[channel], responders=["U0CHO"]) == ["U0CHO"]
    assert who(asked_addresses=[ana], anyone=True) is None
