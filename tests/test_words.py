"""Code is written in plain standard English: a few words of an old idiom do not come back."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BANNED = re.compile(r"(?<![a-z])(whoever|somebody|nobody|whom|whomever|someone's)(?![a-z])", re.IGNORECASE)
FOLDERS = ("bridge", "storage", "sandbox", "sql", "bench", "tests")
PYTHON = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "sandbox").rglob("*.md"))]
LANDED = ROOT / "sql" / "migrations"  # a landed migration is never edited
SQL = [path for path in sorted((ROOT / "sql").rglob("*.sql")) if LANDED not in path.parents]


def prose(source: str) -> Iterator[tuple[int, str]]:
    """Docstrings, comments and names of a Python file, with their lines; texts that people read are not among them."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            docstring := ast.get_docstring(node, clean=False)
        ):
            yield node.body[0].lineno, docstring
    for token in tokenize.generate_tokens(iter(source.splitlines(keepends=True)).__next__):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
        elif token.type == tokenize.NAME:
            yield token.start[0], token.string.replace("_", " ")


def banned(path: Path) -> list[str]:
    source = path.read_text("utf-8")
    if path.suffix == ".py":
        texts = list(prose(source))
    else:
        texts = [(number, line.partition("--")[2]) for number, line in enumerate(source.splitlines(), start=1)]
    return [f"{path.relative_to(ROOT)}:{line}: {text.strip()}" for line, text in texts if BANNED.search(text)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_docstring_comment_or_name_uses_a_banned_word(folder: str) -> None:
    paths = [path for path in (*PYTHON, *SQL) if path.relative_to(ROOT).parts[0] == folder]
    assert paths

    assert [line for path in paths for line in banned(path)] == []


@pytest.mark.parametrize(
    "source",
    ['"""Whoever asks."""', "x = 1  # nobody reads it", "def test_somebody_else_wins() -> None: ...", "to_whom = 1"],
)
def test_each_place_where_such_a_word_can_stand_is_searched(source: str) -> None:
    assert [text for _, text in prose(source) if BANNED.search(text)]


def texts(source: str) -> Iterator[tuple[int, str]]:
    """String constants of a Python file, with their lines: what cards, replies, messages, help and logs are made of."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("folder", ["bridge", "storage"])
def test_no_text_that_people_read_uses_a_banned_word(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in PYTHON
        if path.relative_to(ROOT).parts[0] == folder
        for line, text in texts(path.read_text("utf-8"))
        if BANNED.search(text)
    ]

    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_uses_a_banned_word(page: Path) -> None:
    lines = enumerate(page.read_text("utf-8").splitlines(), start=1)

    assert [f"{page.relative_to(ROOT)}:{number}: {line}" for number, line in lines if BANNED.search(line)] == []


def test_a_banned_word_in_a_text_is_found() -> None:
    assert [text for _, text in texts('title = f"{n}: nobody answered"') if BANNED.search(text)]
