"""What people can do to a recovery, who may, and where its cards are."""

import pytest

from bridge.things.recovery import NOUN, people
from bridge.things.recovery.row import Recovery
from storage.model import Json
from tests.bridge.things.recovery.building import escalated, row, thing

CHANNEL, USER = {"channel": "C0OPS"}, {"user": "U0ANA"}


def test_an_open_one_can_be_restored_blocked_cancelled_or_called_a_false_positive() -> None:
    moves = people.offer(thing(), row()).moves

    assert {name: (move.label, move.has_form) for name, move in moves.items()} == {
        "restored": ("Restored", False),
        "blocked": ("Blocked", True),
        "cancelled": ("Cancel recovery", False),
        "false_positive": ("False positive", False),
    }
    assert not any(move.adds for move in moves.values())


@pytest.mark.parametrize(
    "after",
    [
        row(kind="x"),
        row(cause="x"),
        row(fingerprint="x"),
        row(owner_agent="x"),
        row(owner_user="U0ANA"),
        escalated(),
    ],
)
def test_what_a_person_judges_is_kind_cause_fingerprint_owner_and_status(after: Recovery) -> None:
    assert people.offer(thing(), after).identity != people.offer(thing(), row()).identity


def test_attempts_and_evidence_are_not_what_a_person_judges() -> None:
    after = row(attempt_count=9, evidence={"a": 1}, next_action="x", max_attempts=10, previous_owner=USER)

    assert people.offer(thing(), after) == people.offer(thing(), row())


def test_who_may_act_is_who_was_named_else_the_user_who_owns_it_else_everyone() -> None:
    owned = row(owner_user="U0ANA")

    assert people.offer(thing(responders=["U0BOB"]), owned).responders == ["U0BOB"]
    assert people.offer(thing(), owned).responders == ["U0ANA"]
    assert people.offer(thing(anyone=True), owned).responders is None
    assert people.offer(thing(), row(owner_agent="deployer")).responders is None


@pytest.mark.parametrize(
    ("asked", "found", "default", "places"),
    [
        ([USER, CHANNEL], row(owner_user="U0BOB"), "C0DEFAULT", [USER, CHANNEL]),
        (None, row(owner_user="U0ANA"), "C0DEFAULT", [USER]),
        (None, row(owner_agent="deployer"), "C0DEFAULT", [{"channel": "C0DEFAULT"}]),
        (None, row(), None, []),
    ],
)
def test_its_cards_are_where_the_agent_said_else_with_its_owner_else_in_the_default_channel(
    asked: list[Json] | None, found: Recovery, default: str | None, places: list[Json]
) -> None:
    assert people.places(thing(asked_addresses=asked), found, default) == places


def test_its_title_is_one_line() -> None:
    assert people.title(row(source_id="x" * 400)) == f"build {'x' * 293}…"


def test_the_noun_knows_its_statuses_and_moves() -> None:
    assert (NOUN.statuses, NOUN.final) == (
        ("active", "escalated", "resolved", "cancelled"),
        frozenset({"resolved", "cancelled"}),
    )
    assert NOUN.moves[-1] == "unreachable"
    assert (NOUN.is_final(row()), NOUN.status(row())) == (False, "active")
