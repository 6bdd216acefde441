"""The frame of things' cards: what an agent wrote stands above the rule, and what is cut is named."""

from dataclasses import replace

import pytest

from bridge.card import action_ids
from bridge.card.frame import Drawing
from bridge.things import frame
from bridge.things.contract import PersonMove
from bridge.things.frame import Row
from tests.bridge import limits
from tests.bridge.things.recovery import building
from tests.bridge.things.recovery.building import row, thing
from tests.bridge.things.samples import ROUND

MOVES = {"take": PersonMove(label="Take", is_primary=True), "drop": PersonMove(label="Drop", has_form=True)}


def drawn(*rows: Row, is_plain: bool = False, more: int = 0, round_id: object = ROUND) -> Drawing:
    view = building.view(row(), is_plain=is_plain, round_id=round_id)
    return frame.frame(
        view, title="A parcel", rows=[rows], lines=["📥 *Open*"], moves=MOVES, more=[(more, "/values")], opened="Sent"
    )


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_text_that_does_not_fit_is_cut_and_its_field_named_once(*, is_plain: bool) -> None:
    long = [Row(name=name, text="x" * 4_000, field="/values") for name in ("one", "two")]

    card = drawn(Row(name="Kind", text="lost"), *long, is_plain=is_plain, more=3)

    limits.check_drawing(card, channels=set())
    assert card.truncated == ("/values",)
    assert "more characters" in limits.words(card) and "and 3 more" in limits.words(card)


def test_a_text_that_fits_is_whole() -> None:
    card = drawn(Row(name="Details", text="It was left at the <door>.", field="/details"))

    assert card.truncated == () and "It was left at the <door>." in limits.words(card)


def test_each_move_has_a_button_and_a_form_an_ellipsis() -> None:
    (buttons,) = [block for block in drawn().blocks if block["type"] == "actions"]

    assert buttons["block_id"] == action_ids.block_id(ROUND, 1)
    assert [(each["text"]["text"], each["action_id"], each.get("style")) for each in buttons["elements"]] == [
        ("Take", action_ids.choose("take"), "primary"),
        ("Drop…", action_ids.open_form("drop"), None),
    ]


def test_without_an_open_round_there_is_no_button_and_the_card_says_so() -> None:
    view = building.view(row(), round_id=None)

    assert [block for block in drawn(round_id=None).blocks if block["type"] == "actions"] == []
    assert frame.who(view, None) == "It cannot be acted on from this card at the moment."


@pytest.mark.parametrize(
    ("responders", "home_teams", "said"),
    [
        (None, ["T0SANDBOX"], "Anyone in this workspace who can see this card can act on it."),
        (None, None, "Anyone who can see this card, including people from other organizations, can act on it."),
        (["U0ANA", "U0BOB"], ["T0SANDBOX"], "<@U0ANA>, <@U0BOB> can act on it."),
        (["U0ANA"], None, "<@U0ANA> (people from other organizations allowed) can act on it."),
    ],
)
def test_the_card_says_who_may_act(responders: list[str] | None, home_teams: list[str] | None, said: str) -> None:
    view = replace(building.view(row()), thing=thing(home_teams=home_teams))

    assert frame.who(view, responders) == said
