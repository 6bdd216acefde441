"""docs/problems.md has every name that can be told, with its own fix, and no other."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bridge.agents.http import problems
from bridge.slack import error_table, errors
from bridge.slack.error_table import Meaning
from tests.bridge.agents.reference import DOCS, tables

PAGE = (DOCS / "problems.md").read_text("utf-8")
ROOT = DOCS.parent
RETRIED = {Meaning.LIMITED, Meaning.NOT_NOW, Meaning.UNKNOWN}


def reasons(*folders: str) -> Iterator[tuple[str, str]]:
    """(code, fix) of every reason that is written out in the code of these folders."""
    for file in sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                known = {
                    _said(key): value for key, value in zip(node.keys, node.values, strict=True) if key and _text(key)
                }
                if known.keys() == {"code", "detail", "fix"} and _text(known["code"]):
                    yield _said(known["code"]), _said(known["fix"])
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                outcome = getattr(errors, node.func.id, None)
                if outcome in {errors.RetryAfter, errors.GiveUp, errors.BadBlocks, errors.Broken} and _text(
                    given["code"]
                ):
                    yield _said(given["code"]), _said(given["fix"]) if "fix" in given else error_table.WAIT


def _text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _said(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant) and isinstance(node.value, str), (
        "a reason must be written out to be documented"
    )
    return node.value


def told(heading: str) -> dict[str, str]:
    """Code and fix of each row under a heading."""
    (table,) = tables(PAGE, heading)
    assert all(row[1] for row in table)
    found = {row[0].strip("`"): row[2].removeprefix("\N{EN DASH}") for row in table}
    assert len(found) == len(table), "a code stands twice"
    return found


def of_table(*, retried: bool) -> dict[str, str]:
    rows = [row for row in (*error_table.ROWS, error_table.OTHER) if (row.meaning in RETRIED) is retried]
    return {row.code: error_table.WAIT if retried else row.fix for row in rows}


def test_every_problem_is_told() -> None:
    (table,) = tables(PAGE, "Problems")

    assert all(row[3] for row in table)
    assert [row[:3] for row in table] == [[f"`{type.slug}`", str(type.status), type.title] for type in problems.TYPES]


def test_every_reason_of_a_question_is_told() -> None:
    assert told("Codes of a question") == dict(reasons("bridge/agents", "storage"))


def test_every_reason_of_a_copy_that_is_tried_again_is_told() -> None:
    written = dict(reasons("bridge/slack", "bridge/loops"))

    assert told("Codes of a copy that is tried again") == of_table(retried=True) | written


def test_every_reason_of_a_copy_that_was_given_up_is_told() -> None:
    assert told("Codes of a copy that was given up") == of_table(retried=False)


def test_no_reason_is_written_anywhere_else() -> None:
    everywhere = list(reasons("bridge", "storage"))

    assert sorted(everywhere) == sorted(reasons("bridge/agents", "storage", "bridge/slack", "bridge/loops"))
    assert {code for code, _ in everywhere} >= {
        "cancelled",
        "never_shown",
        "disconnected",
        "internal_error",
        "slack_timeout",
    }


def test_a_fix_that_depends_on_the_place_is_told() -> None:
    """The card loop says it for a person who was not found."""
    tree = ast.parse(Path(ROOT / "bridge/loops/card_failures.py").read_text("utf-8"))
    fixes = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason['fix']"
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]

    assert len(fixes) == 1 and fixes[0] in " ".join(PAGE.split())


def test_broken_installations_come_first() -> None:
    broken = [row.code for row in error_table.ROWS if row.meaning is Meaning.BROKEN]

    assert list(told("Codes of a copy that was given up"))[:5] == broken
