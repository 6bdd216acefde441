"""The ids of buttons: posted cards contain them, and every later release must read them."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.card import action_ids

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def test_version_one_is_written_like_this_for_ever() -> None:
    assert action_ids.block_id(ID, 3) == "v1:int_01h455vb4pex5vsknk084sn02q:3"
    assert action_ids.choose("approve") == "v1:choose:approve"
    assert (action_ids.SELECT, action_ids.PICK, action_ids.SUBMIT) == ("v1:select", "v1:pick", "v1:submit")
    assert action_ids.open_form("deny") == "v1:open:deny"
    assert action_ids.thing("recovery", ID) == "v1:recovery:01890a5d-ac96-774b-bcce-b302099a8057"


def test_version_one_is_read_for_ever() -> None:
    assert action_ids.interaction_of("v1:int_01h455vb4pex5vsknk084sn02q:3") == ID
    assert action_ids.choice_of("v1:choose:approve") == "approve"
    assert action_ids.choice_of("v1:select", "blue") == "blue"
    assert action_ids.choice_of("v1:open:deny") == "deny" and action_ids.opens("v1:open:deny")
    assert not action_ids.opens("v1:choose:open") and not action_ids.opens(None)
    assert action_ids.thing_of("v1:recovery:01890a5d-ac96-774b-bcce-b302099a8057") == ("recovery", ID)


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(id=st.uuids(), version=st.integers(1, 999_999_999), choice=st.text(min_size=1, max_size=200))
def test_what_is_written_is_read_again(id: UUID, version: int, choice: str) -> None:
    assert action_ids.interaction_of(action_ids.block_id(id, version)) == id
    assert (
        action_ids.choice_of(action_ids.choose(choice)) == choice == action_ids.choice_of(action_ids.open_form(choice))
    )
    assert action_ids.choice_of("v1:select", choice) == choice


def test_slack_takes_the_longest_of_them() -> None:
    assert len(action_ids.block_id(ID, 999_999_999)) <= 255


GOOD = action_ids.block_id(ID, 1)


@pytest.mark.parametrize(
    "block",
    [
        None, 1, b"v1", [GOOD], {"v1": 1}, "", "v1", "v1::", "v2" + GOOD[2:], GOOD + "\n", "\n" + GOOD, GOOD + ":",
        GOOD + "0" * 9,
        GOOD[:-1], GOOD[:-1] + "-1", GOOD[:-1] + "٣", GOOD.upper(), GOOD.replace("int_", "con_"),
        GOOD.replace("int_0", "int_8"),
        GOOD.replace("int_", ""), f"v1:{ID}:1", "x" * 100_000,
    ],
)  # fmt: skip
def test_no_other_block_is_ours(block: object) -> None:
    assert action_ids.interaction_of(block) is None


@pytest.mark.parametrize(
    ("action", "selected"),
    [
        (None, None), (1, None), ("", None), ("approve", None), ("v1:choose:", None), ("v1:choose", None),
        ("v2:choose:a", None),
        (" v1:choose:a", None), ("V1:choose:a", None), ("v1:select", None), ("v1:select", ""), ("v1:select", 1),
        ("v1:select", ["a"]), ("v1:select:a", None), ("v1:select:a", "a"), (["v1:choose:a"], "a"),
        ("v1:open:", None), ("v1:opens:a", None),
    ],
)  # fmt: skip
def test_no_other_action_is_a_choice(action: object, selected: object) -> None:
    assert action_ids.choice_of(action, selected) is None


def test_a_button_does_not_listen_to_what_is_selected_elsewhere() -> None:
    assert action_ids.choice_of("v1:choose:deny", "approve") == "deny"


NAMED = action_ids.thing("work_item", ID)


@pytest.mark.parametrize(
    "value",
    [
        None, 1, "", "1", "approve", "v1:recovery:", f"v1::{ID}", f"v2{NAMED[2:]}", NAMED + "0", NAMED + "\n",
        NAMED[:-1], NAMED.upper(), f"v1:recovery:{ID.hex}", f"v1:{'n' * 41}:{ID}", [NAMED], {"v1": NAMED},
        "x" * 100_000,
    ],
)  # fmt: skip
def test_no_other_value_names_a_thing(value: object) -> None:
    assert action_ids.thing_of(value) is None
