"""The life of a work item: every move in every state with every fence, what repeats, and what time does."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from bridge.things.contract import Decision
from bridge.things.work import NOUN, life, people, refreshing
from bridge.things.work.life import Refused
from bridge.things.work.names import told
from bridge.things.work.request import ChangeWork, CreateWork
from bridge.things.work.row import WorkItem
from tests.bridge.things.samples import ANA, KEY, NOW, later
from tests.bridge.things.work.building import (
    AGENT,
    PERSON,
    TTL,
    blocked,
    done,
    done_so,
    expired,
    leased,
    locked,
    reclaimed,
    released,
    row,
    states,
    thing,
    unblocked,
)
from tests.bridge.things.work.checks import violated
from tests.generated.scale import chances, generated

Move = Callable[[WorkItem, int | None, datetime], life.Result]

HELD = leased(released(leased()))  # by lease 2
STATES = {
    "ready": released(HELD),
    "ready again": unblocked(blocked(HELD)),
    "reclaimed": reclaimed(HELD),
    "expired": expired(HELD),
    "leased": HELD,
    "leased again": leased(released(HELD)),
    "blocked": blocked(HELD),
    "blocked by another": blocked(released(HELD)),
    "done": done(HELD),
    "done by another": done(released(HELD)),
}
MOVES: dict[str, Move] = {
    "release": lambda found, fence, at: life.released(locked(found, at=at), fence or 0, "Why.", KEY),
    "block": lambda found, fence, at: life.blocked(locked(found, at=at), fence, "Another reason.", KEY),
    "complete": lambda found, fence, at: life.completed(locked(found, at=at), fence, "Other words.", KEY),
    "renew": lambda found, fence, at: life.renewed(locked(found, at=at), fence or 0, TTL, KEY),
}
CURRENT = 2  # the fence of the lease that made these states, but "leased again"
SAME = "same"  # a repeated move
TO: dict[tuple[str, str], str] = {  # by state and move, with the current fence
    ("leased", "release"): "ready",
    ("leased", "block"): "blocked",
    ("leased", "complete"): "done",
    ("leased", "renew"): "leased",
    ("ready", "release"): SAME,
    ("blocked", "block"): SAME,
    ("ready again", "block"): SAME,
    ("done", "complete"): SAME,
    ("blocked by another", "release"): SAME,
    ("done by another", "release"): SAME,
}
WITHOUT: dict[tuple[str, str], str] = {  # without a fence, of what no one holds
    **{
        (state, "block"): "blocked"
        for state in ("ready", "ready again", "reclaimed", "expired", "blocked", "blocked by another")
    },
    **{
        (state, "complete"): "done"
        for state in ("ready", "ready again", "reclaimed", "expired", "blocked", "blocked by another")
    },
    ("done by another", "complete"): SAME,
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("fence", [1, CURRENT, 3, 9])
def test_only_the_fence_of_the_latest_lease_moves_it_and_repeats_move_nothing(
    state: str, move: str, fence: int
) -> None:
    found, name = STATES[state], state
    if state == "leased again" and fence == found.attempts:
        name, fence = "leased", found.attempts
    elif fence != CURRENT or state == "leased again":
        name = "another lease"

    result = MOVES[move](found, fence, later(90))

    match TO.get((name, move)):
        case None:
            assert isinstance(result, Refused) and result.code == "stale_fence", result
            assert str(fence) in result.detail
        case "same":
            assert result == Decision(row=found, happened=[])
        case status:
            assert done_so(result).row.status == status
            assert [each.move for each in done_so(result).happened] == {
                "ready": ["released"],
                "blocked": ["blocked"],
                "done": ["done"],
                "leased": [],
            }[status]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", ["block", "complete"])
def test_what_no_one_holds_needs_no_fence_and_what_is_held_does(state: str, move: str) -> None:
    found = STATES[state]

    result = MOVES[move](found, None, later(90))

    match WITHOUT.get((state, move)):
        case None:
            assert isinstance(result, Refused) and result.code == "illegal_move", result
        case "same":
            assert result == Decision(row=found, happened=[])
        case status:
            assert done_so(result).row.status == status and done_so(result).row.lease_end == found.lease_end


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("holder", [AGENT, PERSON])
def test_after_it_ran_out_a_lease_can_be_ended_by_its_holder_and_not_renewed(move: str, holder: dict[str, str]) -> None:
    found = leased(to=holder)
    assert found.leased_until is not None

    result = MOVES[move](found, 1, found.leased_until)

    if move == "renew":
        assert isinstance(result, Refused) and result.code == "stale_fence" and "ran out" in result.detail
    else:
        assert done_so(result).happened[0].detail["holder"] == holder


@pytest.mark.parametrize("state", STATES)
def test_it_is_leased_if_it_is_free_and_only_then(state: str) -> None:
    found = STATES[state]

    decision = life.leased(locked(found, at=later(90)), PERSON, TTL, ANA)

    if found.status != "ready":
        assert decision is None
        return
    after = done_so(decision).row
    assert (after.status, after.attempts, after.holder, after.lease_end) == ("leased", found.attempts + 1, PERSON, None)
    assert (after.leased_at, after.leased_until) == (later(90), later(90 + TTL))
    [entry] = done_so(decision).happened
    assert (entry.move, entry.from_status, entry.to_status, entry.by) == ("leased", "ready", "claimed", ANA)
    assert entry.detail == {"attempts": after.attempts, "holder": PERSON, "seconds": TTL}


def test_it_is_not_leased_before_everything_is_done_that_it_depends_on() -> None:
    for found in (row("schema"), replace(leased(), unmet=1)):
        assert life.leased(locked(found, at=later(10**7)), AGENT, TTL, KEY) is None
    assert life.leased(locked(row(met=("schema",))), AGENT, TTL, KEY) is not None


def test_a_lease_that_ran_out_is_free_at_once_and_told_as_ended() -> None:
    found = leased()
    assert found.leased_until is not None
    assert life.leased(locked(found, at=found.leased_until - timedelta(seconds=1)), PERSON, TTL, ANA) is None

    decision = done_so(life.leased(locked(found, at=found.leased_until), PERSON, TTL, ANA))

    assert [(each.move, each.from_status, each.to_status, each.by) for each in decision.happened] == [
        ("expired", "claimed", "ready", {}),
        ("leased", "ready", "claimed", ANA),
    ]
    assert [each.detail["holder"] for each in decision.happened] == [AGENT, PERSON]
    assert [each.detail["attempts"] for each in decision.happened] == [1, 2]
    assert isinstance(life.completed(locked(decision.row), 1, None, KEY), Refused)


@pytest.mark.parametrize("state", STATES)
def test_it_is_reclaimed_from_its_holder_whether_the_lease_lasts_or_not(state: str) -> None:
    found = STATES[state]
    for at, moved in ((later(90), "released"), (later(10**6), "expired")):
        result = life.reclaimed(locked(found, at=at), "It hangs.", {"key": "boss"})

        if found.status == "leased":
            [entry] = done_so(result).happened
            assert (entry.move, entry.reason, entry.by) == (moved, "It hangs.", {"key": "boss"})
            assert entry.detail.get("reclaimed", True) and entry.detail["holder"] == AGENT
            after = done_so(result).row
            assert (after.status, after.attempts, after.lease_end) == ("ready", found.attempts, "reclaimed")
            assert isinstance(life.released(locked(after), found.attempts, None, KEY), Refused)
        elif state in ("reclaimed", "expired"):
            assert result == Decision(row=found, happened=[])
        else:
            assert isinstance(result, Refused) and result.code == "illegal_move"


@pytest.mark.parametrize("state", STATES)
def test_it_is_unblocked_if_it_is_blocked(state: str) -> None:
    found = STATES[state]

    result = life.unblocked(locked(found), KEY)

    if found.status == "blocked":
        assert [each.move for each in done_so(result).happened] == ["unblocked"]
        assert (done_so(result).row.status, done_so(result).row.blocked_reason) == ("ready", None)
    elif found.status == "ready":
        assert result == Decision(row=found, happened=[])
    else:
        assert isinstance(result, Refused) and result.code == "illegal_move"


def test_to_block_it_again_tells_another_reason_and_not_the_same() -> None:
    found = blocked(words="No access.")

    assert life.blocked(locked(found), None, "No access.", KEY) == Decision(row=found, happened=[])
    [entry] = done_so(life.blocked(locked(found), None, "No quota.", KEY)).happened
    assert (entry.from_status, entry.to_status, entry.reason) == ("blocked", "blocked", "No quota.")


def test_who_completed_it_and_what_came_of_it_is_kept() -> None:
    assert done(leased()).done_by == KEY | AGENT and done(leased(to=PERSON), by=ANA).done_by == ANA
    assert done(row("schema")).done_by == KEY and done(blocked()).blocked_reason is None
    found = done(leased(), words="48,210 rows.")
    assert (found.result, found.done_at, found.holder) == ("48,210 rows.", later(), None)
    assert life.completed(locked(found), 1, "Other words.", KEY) == Decision(row=found, happened=[])


def test_it_begins_as_it_was_given() -> None:
    assert [(each.status, each.unmet) for each in (row(), row("a", "b", met=("c",)))] == [("ready", 0), ("ready", 2)]
    imported = row(status="done", result="Long ago.", phase=None)
    assert (imported.result, imported.done_by, imported.done_at) == ("Long ago.", KEY, NOW)
    assert row(status="blocked", reason="Legal.").blocked_reason == "Legal."
    [entry] = life.created(life_body(), KEY, dependencies=[{"id": "a", "is_met": False}], now=NOW).happened
    assert (entry.move, entry.from_status, entry.to_status, entry.detail) == (
        "created",
        None,
        "ready",
        {"depends_on": ["a"]},
    )


def life_body() -> CreateWork:
    return CreateWork(title="Import the customers", depends_on=["a"])


def test_what_is_changed_is_told_in_no_history_and_the_rest_stays() -> None:
    for found in STATES.values():
        decision = life.changed(locked(found), ChangeWork(title="Another", priority=-5, acceptance=[1]))
        after = decision.row
        assert decision.happened == [] and (after.title, after.priority, after.acceptance) == ("Another", -5, [1])
        assert replace(after, title=found.title, priority=found.priority, acceptance=found.acceptance) == found


def test_time_ends_leases_and_draws_cards_anew() -> None:
    found = leased()
    assert found.leased_until is not None and refreshing.due_at(found) == found.leased_until
    assert refreshing.tick(locked(found)) is None

    ended = refreshing.tick(locked(found, at=found.leased_until))
    assert ended is not None and ended.row == expired(found)
    assert [(each.move, each.by) for each in ended.happened] == [("expired", {})]

    changed = replace(found, refresh_at=later(5))
    assert refreshing.due_at(changed) == later(5) and refreshing.tick(locked(changed, at=later(4))) is None
    assert refreshing.tick(locked(changed, at=later(5))) == Decision(row=found, happened=[])
    late = refreshing.tick(locked(changed, at=found.leased_until))
    assert late is not None and late.row == expired(found), "both at once"
    assert refreshing.due_at(row()) is None


def test_each_state_offers_people_its_moves_and_a_click_makes_them() -> None:
    offered = {
        "ready": ["take"],
        "leased": ["reclaim"],
        "blocked": ["unblock"],
        "done": [],
    }
    for name, moves in offered.items():
        assert list(people.moves(STATES[name])) == moves
    mine = leased(to=PERSON)
    assert list(people.moves(mine)) == ["done", "keep", "release", "blocked"]
    assert people.responders(thing(responders=["U0BOB"]), mine) == ["U0ANA"]
    assert people.responders(thing(responders=["U0BOB"]), STATES["leased"]) == ["U0BOB"]

    def after(found: WorkItem, choice: str, **given: str) -> WorkItem:
        return people.move(locked(found, at=later(90)), choice, given, ANA).row

    taken = after(row(take_seconds=600), "take")
    assert (taken.holder, taken.leased_until) == (PERSON, later(690))
    assert after(mine, "keep").leased_until == later(90 + 28_800) and after(mine, "keep").attempts == 1
    assert after(mine, "release").status == "ready" and after(mine, "done").result is None
    assert after(mine, "done", result="Yes.").result == "Yes."
    assert after(mine, "blocked", reason="Key lost.").blocked_reason == "Key lost."
    assert after(leased(), "reclaim").lease_end == "reclaimed" and after(blocked(), "unblock").status == "ready"


def test_a_round_ends_with_the_holder_and_neither_with_more_time_nor_with_dependencies() -> None:
    def identity(found: WorkItem) -> object:
        return people.offer(thing(), found).identity

    first = row("schema")
    assert identity(first) == identity(replace(first, unmet=0, title="Another"))
    mine = leased(to=PERSON)
    assert identity(mine) == identity(done_so(life.renewed(locked(mine), 1, TTL, ANA)).row)
    others = [first, mine, leased(), leased(released(mine), to=PERSON), blocked(), done()]
    assert len({str(identity(found)) for found in others}) == len(others)


def test_a_click_is_refused_while_it_waits_and_once_time_ran_out() -> None:
    waiting = people.guard(locked(row("a", "b")), "take", {})
    assert waiting is not None and "waits for 2 other work items" in waiting.detail
    mine = leased(to=PERSON)
    late = people.guard(locked(mine, at=mine.leased_until), "keep", {})
    assert late is not None and "run out" in late.detail
    for choice in ("done", "release", "blocked"):
        assert people.guard(locked(mine, at=mine.leased_until), choice, {}) is None
    assert people.guard(locked(row()), "take", {}) is None and people.guard(locked(mine), "keep", {}) is None
    with pytest.raises(ValueError, match="not possible"):
        people.move(locked(leased()), "take", {}, ANA)


def test_only_who_finishes_it_locks_the_name_of_dependencies() -> None:
    locking = {choice: NOUN.locks_name(choice) for choice in ("take", "keep", "release", "blocked", "done", "reclaim")}
    assert {choice for choice, name in locking.items() if name} == {"done"} and locking["done"] == "work"


def test_every_state_satisfies_the_checks_of_the_table() -> None:
    assert [found for found in (*states(), *states(row(met=("a",)))) if violated(found)] == []


@generated(200)
@given(chances())
def test_whatever_happens_the_rules_hold(chance: random.Random) -> None:
    now, found = NOW, row()
    for _ in range(chance.randint(1, 40)):
        now += timedelta(seconds=chance.choice([0, 60, 10_000]))
        before, decision = found, some_step(found, chance, now)
        found = decision.row
        assert violated(found) == []
        assert found.attempts == before.attempts + sum(each.move == "leased" for each in decision.happened)
        assert before.status != "done" or found == before
        steps = [(each.from_status, each.to_status) for each in decision.happened]
        assert [step[0] for step in steps] == [told(before.status), *(step[1] for step in steps)][: len(steps)]
        assert told(found.status) == (steps[-1][1] if steps else told(before.status))
        if before.is_held(now) and found.holder != before.holder:
            assert {each.move for each in decision.happened} <= {"released", "done", "blocked"}


def some_step(found: WorkItem, chance: random.Random, now: datetime) -> Decision[WorkItem]:
    """What an agent, a person or time makes of it, allowed or not."""
    lock, fence = locked(found, at=now), chance.choice([None, found.attempts, max(found.attempts - 1, 0)])
    choices = list(people.moves(found))
    result: life.Result | None
    match chance.randrange(6):
        case 0 if choices:
            choice, given = chance.choice(choices), {"reason": "Said."}
            result = None if people.guard(lock, choice, given) else people.move(lock, choice, given, ANA)
        case 1:
            result = life.leased(lock, AGENT, TTL, KEY)
        case 2:
            result = MOVES[chance.choice(list(MOVES))](found, fence, now)
        case 3:
            result = life.reclaimed(lock, "Why.", KEY)
        case 4:
            result = life.unblocked(lock, KEY)
        case _:
            result = refreshing.tick(lock)
    return result if isinstance(result, Decision) else Decision(row=found, happened=[])
