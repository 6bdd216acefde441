"""Random lives of an incident: whatever agents and people do, each rule holds after every step."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from bridge import ids
from bridge.things.contract import Decision
from bridge.things.incident import NOUN, life, people, updates
from bridge.things.incident.life import Change
from bridge.things.incident.row import MAX_RECENT, Incident, Severity, Status
from storage.model import Json
from tests.bridge.things.incident.building import BODY, changed, create, locked, resolved, row, thing
from tests.bridge.things.incident.checks import violated
from tests.bridge.things.samples import ANA, KEY, NOW, later
from tests.generated.scale import chances, generated

SYSTEMS = ["a", "b", "c"]


def some_change(chance: random.Random) -> Change:
    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.3 else None

    return Change(
        message=maybe("Said."),
        status=maybe(chance.choice(list(Status)).value),
        severity=maybe(chance.choice(list(Severity)).value),
        systems=maybe(chance.sample(SYSTEMS, chance.randint(1, 3))),
        title=maybe(chance.choice("xy")),
        description=maybe(chance.choice("xy")),
    )


def decides(before: Incident, wanted: Change, now: datetime, chance: random.Random) -> Decision[Incident]:
    """By an agent, or by a person where the card has such a button."""
    if chance.random() < 0.5 and wanted.status in people.MOVES.get(before.status, {}):
        return people.move(locked(before, at=now), wanted.status or "", {}, ANA)
    return life.changed(locked(before, at=now), wanted, KEY, update_id=ids.new())


def check(before: Incident, after: Incident, decision: Decision[Incident], now: datetime) -> None:
    changes = {
        name
        for name, differs in (
            ("status", before.status != after.status),
            ("severity", before.severity != after.severity),
            ("systems", set(before.systems) != set(after.systems)),
        )
        if differs
    }
    assert [entry.move for entry in decision.happened] == (
        [] if not changes else ["resolved" if "status" in changes and after.status == "resolved" else "updated"]
    )
    for entry in decision.happened:
        assert (entry.from_status, entry.to_status) == (before.status, after.status)
        assert set(entry.detail["changes"]) == changes
        assert (entry.detail["status_change"] is not None) == ("status" in changes)
    added = after.update_count - before.update_count
    assert added in (0, 1) and (added == 1 or not changes)
    if added:
        latest = after.recent_updates[-1]
        assert set(latest["changes"] or {}) == changes and updates.said(latest)
        assert before.recent_updates[-MAX_RECENT + 1 :] == after.recent_updates[:-1]
    if "status" in changes:
        assert (after.status_at, after.resolved_at) == (now, now if after.status == "resolved" else None)
    else:
        assert (after.status_at, after.status_by, after.resolved_at) == (
            before.status_at,
            before.status_by,
            before.resolved_at,
        )
    assert len(decision.notes) == added * after.has_notes


@generated(300)
@given(chances())
def test_whatever_happens_the_rules_hold(chance: random.Random) -> None:
    now = NOW
    opened = life.opened(
        create(systems=chance.sample(SYSTEMS, 2), notes=chance.random() < 0.8), now, KEY, update_id=ids.new()
    )
    current = opened.row
    for _ in range(chance.randint(1, 40)):
        now += timedelta(seconds=chance.choice([0, 1, 60]))
        decision = decides(current, some_change(chance), now, chance)
        check(current, decision.row, decision, now)
        current = decision.row
        assert violated(current) == []


def test_it_begins_as_investigating_with_what_was_said() -> None:
    silent = life.opened(create(), NOW, KEY, update_id=ids.new())
    said = life.opened(create(initial_message="It began."), NOW, KEY, update_id=ids.new())

    assert (silent.row.status, silent.row.update_count, said.row.update_count) == ("investigating", 0, 1)
    assert [entry.move for entry in silent.happened] == [entry.move for entry in said.happened] == ["created"]
    assert said.happened[0].reason == "It began." and said.notes == ()


def test_a_comment_is_no_event_and_a_note() -> None:
    decision = changed(row(), message="Rolled back.")

    assert (decision.happened, decision.row.update_count) == ([], 1)
    assert decision.notes == ["💬 “watchdog”: “Rolled back.”"]
    assert changed(row(has_notes=False), message="x").notes == ()


def test_systems_are_a_set() -> None:
    found = row(systems=["a", "b"])

    assert changed(found, systems=["b", "a"]) == Decision(row=found, happened=[])
    assert changed(found, systems=["b", "c"]).row.systems == ["b", "c"]


def test_reopening_clears_when_it_was_resolved_and_is_an_update() -> None:
    decision = changed(resolved(), status="monitoring", at=later(99))

    assert (decision.row.resolved_at, decision.row.status_at) == (None, later(99))
    assert [entry.move for entry in decision.happened] == ["updated"]


def test_resolving_with_other_changes_is_told_as_resolved_only() -> None:
    decision = changed(row(), status="resolved", severity="major", systems=["z"])

    [entry] = decision.happened
    assert (entry.move, set(entry.detail["changes"])) == ("resolved", {"status", "severity", "systems"})


@pytest.mark.parametrize("change", [{"severity": "critical"}, {"systems": ["z"]}, {"title": "z"}, {"message": "z"}])
def test_what_a_person_judges_is_the_status_alone(change: Json) -> None:
    assert people.offer(thing(), changed(row(), **change).row).identity == people.offer(thing(), row()).identity
    assert people.offer(thing(), changed(row(), status="fixing").row).identity != people.offer(thing(), row()).identity


@pytest.mark.parametrize("status", [status.value for status in Status if status.is_open])
def test_people_can_set_each_other_status_that_follows_and_only_adding_decides_nothing(status: str) -> None:
    moves = people.offer(thing(), row(status=status)).moves

    wanted = {"identified", "fixing", "monitoring", "resolved", "severity", "update"} - {status}
    assert moves.keys() == wanted
    assert {name for name, move in moves.items() if move.adds} == {"update"}
    assert {name for name, move in moves.items() if move.has_form} == {"resolved", "severity", "update"}
    assert sum(move.is_primary for move in moves.values()) == 1


def test_anyone_who_can_see_a_card_may_act_unless_people_were_named() -> None:
    assert people.offer(thing(), row()).responders is None
    assert people.offer(thing(responders=["U0ANA"]), row()).responders == ["U0ANA"]
    assert NOUN.places(thing(asked_addresses=None), row(), "C0DEFAULT") == [{"channel": "C0DEFAULT"}]


def test_a_person_who_changes_something_sees_it_at_once_and_agents_comments_share_an_edit() -> None:
    by_agent = life.changed(locked(row()), Change(message="x"), KEY, update_id=ids.new(), is_quiet=True)
    status = life.changed(locked(row()), Change(status="fixing"), KEY, update_id=ids.new(), is_quiet=True)

    assert by_agent.is_quiet and not status.is_quiet
    assert not people.move(locked(row()), "severity", {"severity": "major"}, ANA).is_quiet


def test_a_body_is_taken_as_it_is() -> None:
    assert create().systems == BODY["systems"] and create().initial_message is None
