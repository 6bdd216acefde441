"""Reads our own code for the reasons it gives: every code with its fix."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bridge.slack import error_table, errors
from bridge.slack.error_table import Meaning

ROOT = Path(__file__).parents[2]
OF_QUESTIONS = ("bridge/agents", "storage")
OF_COPIES = ("bridge/slack", "bridge/loops", "bridge/representation")
_RETRIED = {Meaning.LIMITED, Meaning.NOT_NOW, Meaning.UNKNOWN}


def written_out(*folders: str) -> Iterator[tuple[str, str]]:
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


def of_table(*, retried: bool) -> dict[str, str]:
    """Code and fix of what Slack's errors mean, as long as it is tried again or once it is given up."""
    rows = [row for row in (*error_table.ROWS, error_table.OTHER) if (row.meaning in _RETRIED) is retried]
    return {row.code: row.fix for row in rows}


def _text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _said(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant) and isinstance(node.value, str), (
        "a reason must be written out to be documented"
    )
    return node.value
