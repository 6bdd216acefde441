"""docs/problems.md has every reason that can be told, and no other: what `make docs` cannot see of it."""

import ast

from bench import generated
from bridge.slack import error_table
from bridge.slack.error_table import Meaning
from tests.bridge.agents.reference import DOCS, tables
from tests.docs import reasons

PAGE = (DOCS / "problems.md").read_text("utf-8")


def test_every_sort_of_reason_is_told() -> None:
    assert [*generated.sections(PAGE)] == [
        "problem types",
        "reasons of questions",
        "reasons to try again",
        "reasons to give up",
    ]


def test_no_reason_is_written_anywhere_else() -> None:
    everywhere = list(reasons.written_out("bridge", "storage"))

    assert sorted(everywhere) == sorted(reasons.written_out(*reasons.OF_QUESTIONS, *reasons.OF_COPIES))
    assert {code for code, _ in everywhere} >= {
        "cancelled",
        "never_shown",
        "disconnected",
        "internal_error",
        "slack_timeout",
    }


def test_a_code_has_one_fix() -> None:
    of_questions = {*reasons.written_out(*reasons.OF_QUESTIONS)}
    of_copies = {*reasons.written_out(*reasons.OF_COPIES), *reasons.of_table(retried=True).items()}

    assert len(dict(of_questions)) == len(of_questions)
    assert len(dict(of_copies)) == len(of_copies)


def test_a_fix_that_depends_on_the_place_is_told() -> None:
    """The card loop says it for a person who was not found."""
    tree = ast.parse((reasons.ROOT / "bridge/loops/card_failures.py").read_text("utf-8"))
    fixes = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "found['fix']"
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]

    assert len(fixes) == 1 and fixes[0] in " ".join(PAGE.split())


def test_broken_installations_come_first() -> None:
    (table,) = tables(PAGE, "Codes of a card that was given up")
    broken = [row.code for row in error_table.ROWS if row.meaning is Meaning.BROKEN]

    assert [row[0].strip("`") for row in table][:5] == broken
