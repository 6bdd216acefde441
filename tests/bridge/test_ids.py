"""Ids: each has one spelling, and no other text is read as an id."""

import random
import string
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import ids
from bridge.ids import Prefix
from storage import statements
from storage.interactions import QUESTIONS_BEFORE

KNOWN = UUID("01890a5d-ac96-774b-bcce-b302099a8057")  # of the format's own specification
PREFIXES: tuple[Prefix, ...] = get_args(Prefix)


def test_the_format_is_typeid() -> None:
    assert ids.encode("int", KNOWN) == "int_01h455vb4pex5vsknk084sn02q"
    assert ids.encode("int", UUID(int=0)) == "int_00000000000000000000000000"
    assert ids.encode("int", UUID(int=2**128 - 1)) == "int_7zzzzzzzzzzzzzzzzzzzzzzzzz"


def test_younger_ids_sort_behind_older_ones() -> None:
    made = [ids.new() for _ in range(1_000)]

    assert {id.version for id in made} == {7}
    assert len(set(made)) == 1_000
    assert sorted(made) == made
    assert sorted(ids.encode("int", id) for id in made) == [ids.encode("int", id) for id in made]


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(id=st.uuids(), prefix=st.sampled_from(PREFIXES))
def test_what_is_written_is_read_again_under_its_own_prefix_only(id: UUID, prefix: Prefix) -> None:
    text = ids.encode(prefix, id)

    assert ids.decode(prefix, text) == id
    assert [ids.decode(other, text) for other in PREFIXES if other != prefix] == [None] * (len(PREFIXES) - 1)


GOOD = ids.encode("int", KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "", "int", "int_", "_", "__", GOOD.upper(), GOOD[:-1], GOOD + "0", GOOD + "\n", " " + GOOD,
        GOOD.replace("int", "INT"),
        GOOD.replace("_", "-"), GOOD.replace("_", "__"), "x" + GOOD, "int_int_" + GOOD[4:], GOOD[4:], str(KNOWN),
        "int_8" + "0" * 25, "int_" + "z" * 26, "int_" + "i" * 26, "int_" + "l" * 26, "int_" + "٣" * 26,
        "int_" + "é" * 26,
        "int_" + "\x00" * 26, "int_" + "\ud800" * 26, "\u0131nt_" + GOOD[4:], GOOD[:-1] + "u", "_" * 100_000,
    ],
)  # fmt: skip
def test_nothing_else_is_an_id(text: str) -> None:
    assert ids.decode("int", text) is None


def test_a_text_that_is_read_is_written_the_same_again() -> None:
    """So an id has one spelling, and two callers never name one row differently."""
    chance = random.Random(7)
    alphabet = string.printable + "é\u0131\u017f\u212a٣\x00\ud800\U0001f600"
    for _ in range(20_000):
        text = list(GOOD)
        for _ in range(chance.choice([1, 1, 2, 5])):
            text[chance.randrange(len(text))] = chance.choice(alphabet)
        spoiled = "".join(text)
        id = ids.decode("int", spoiled)
        assert id is None or ids.encode("int", id) == spoiled


def test_the_ids_of_rounds_come_after_those_of_questions_and_are_sorted() -> None:
    questions, rounds = [ids.new() for _ in range(3)], [ids.new_round() for _ in range(3)]

    assert sorted(rounds) == rounds and max(questions) < QUESTIONS_BEFORE < min(rounds)
    assert all(id.version == 7 for id in rounds)
    assert f"id < '{QUESTIONS_BEFORE}'" in statements.load("interactions")["open"].text  # counts questions only
    assert ids.decode("int", ids.encode("int", rounds[0])) == rounds[0]
