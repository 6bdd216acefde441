from typing import Any

import pytest

from sandbox.slack.validator import message as validator
from tests.sandbox.slack.validator.examples import BAD, GOOD, actions, button, line, mrkdwn, plain, section


@pytest.mark.parametrize(("blocks", "pointer", "message"), BAD)
def test_a_bad_payload_is_refused_where_and_why(blocks: list[Any], pointer: str, message: str) -> None:
    assert (pointer, message) in [(p.pointer, p.message) for p in validator.problems(blocks)]


@pytest.mark.parametrize("blocks", GOOD)
def test_a_good_payload_is_taken(blocks: list[Any]) -> None:
    assert [str(problem) for problem in validator.problems(blocks)] == []


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(BAD) >= 40
    assert len(GOOD) >= 8


def test_every_problem_is_told_at_once() -> None:
    blocks = [{"type": "header", "text": plain("")}, {"type": "nope"}]

    assert [problem.pointer for problem in validator.problems(blocks)] == ["/blocks/0/text/text", "/blocks/1/type"]


def test_a_problem_reads_as_slacks_do() -> None:
    (problem,) = validator.problems([{"type": "header", "text": plain("x" * 151)}])

    assert str(problem) == "must be less than 151 characters [json-pointer:/blocks/0/text/text]"


def test_characters_are_counted_over_all_texts() -> None:
    blocks = [*section(text=mrkdwn("four")), *actions(button(text=plain("ok"))), *line({"type": "text", "text": "!"})]

    assert validator.characters(blocks) == 7
