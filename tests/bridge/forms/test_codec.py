import json

import pytest

from bridge import ids
from bridge.forms import codec
from bridge.forms.codec import FormTarget

INTERACTION = ids.new()
TARGET = FormTarget(interaction=INTERACTION, choice="deny", channel="C0GENERAL", ts="1700000000.000100", page=2)


def test_a_target_is_read_as_it_was_written() -> None:
    assert codec.target(codec.metadata(TARGET)) == TARGET
    assert codec.target(codec.metadata(FormTarget(interaction=INTERACTION))) == FormTarget(interaction=INTERACTION)


def test_what_this_release_writes_is_read_by_every_later_one() -> None:
    written = '{"v":1,"interaction":"int_01jd8g4k9nf6ktrp0wg2xk4v8e","choice":"deny","channel":"C1","ts":"1.000001"}'

    read = codec.target(written)
    assert read is not None
    assert codec.metadata(read) == written
    assert codec.block_id("comment") == "f1_comment"
    assert codec.field_of("f1_comment") == "comment"


@pytest.mark.parametrize(
    "written",
    [
        None,
        7,
        "",
        "{",
        "[]",
        "[" * 2_999,
        "{}",
        '{"v": 2, "interaction": "int_01jd8g4k9nf6ktrp0wg2xk4v8e"}',
        '{"v": true, "interaction": "int_01jd8g4k9nf6ktrp0wg2xk4v8e"}',
        '{"v": 1, "interaction": "int_nothing"}',
        '{"v": 1, "interaction": 5}',
        '{"v": 1, "interaction": "int_01jd8g4k9nf6ktrp0wg2xk4v8e", "page": -1}',
        '{"v": 1, "interaction": "int_01jd8g4k9nf6ktrp0wg2xk4v8e", "page": true}',
        json.dumps({"v": 1, "interaction": "int_01jd8g4k9nf6ktrp0wg2xk4v8e", "choice": "x" * 3_000}),
    ],
)
def test_what_it_did_not_write_names_nothing(written: object) -> None:
    assert codec.target(written) is None


@pytest.mark.parametrize("choice", ["a\x00b", "x" * 256, 5, ["deny"], ""])
def test_a_choice_that_cannot_be_stored_is_none(choice: object) -> None:
    written = json.dumps({"v": 1, "interaction": ids.encode("int", INTERACTION), "choice": choice})

    assert codec.target(written) == FormTarget(interaction=INTERACTION)


@pytest.mark.parametrize("block", [None, 3, "", "f2_comment", "f1_", "f1_Comment", "comment", "f1_comment\n", "v1:x"])
def test_only_an_input_of_this_version_names_a_field(block: object) -> None:
    assert codec.field_of(block) is None
