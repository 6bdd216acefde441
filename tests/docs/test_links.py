"""Every link, every path in backticks and every test named in README and docs exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs import following

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "sandbox" / "slack").glob("*.md")),
]
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.-]+(/[\w.*-]+)+/?")
TEST = re.compile(r"test_\w+")
SOURCE = (".py", ".sql", ".md", ".toml", ".yml", ".json", ".js", ".css")


def dead(page: Path, text: str) -> list[str]:
    """The links, paths and tests in this text of this page that do not exist."""
    return [*_dead_links(page, FENCED.sub("", text)), *_dead_names(FENCED.sub("", text))]


def _dead_links(page: Path, text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        path, _, heading = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = page.parent / path if path else page
        exists = target.exists() and target.resolve().is_relative_to(ROOT)
        if not exists or (heading and heading not in _headings(target)):
            yield link


def _dead_names(text: str) -> Iterator[str]:
    for name in SPAN.findall(text):
        if PATH.fullmatch(name):
            # Not everything with slashes is a path: ours begin with a folder of the repository, or end like its files.
            ours = (ROOT / name.split("/")[0]).is_dir() or name.endswith(SOURCE)
            if ours and not any(ROOT.glob(name)) and name not in _promised():
                yield name
        elif TEST.fullmatch(name) and name not in _tests():
            yield name


def _headings(page: Path) -> set[str]:
    """The anchors that GitHub makes from a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _promised() -> set[str]:
    """Files that two pages tell their readers to create."""
    return {*following.page("adding-a-kind.md").files, *following.page("adding-a-thing.md").files}


@cache
def _tests() -> set[str]:
    return {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:    )?(?:async )?def (test_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_everything_a_page_names_is_there(page: Path) -> None:
    assert dead(page, page.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "[the claim](../sql/interaction.sql)",
        "[outside](../../elsewhere.md)",
        "[a heading](why.md#no-such-heading)",
        "see `bridge/kinds/poll/card.py`",
        "see `brigde/kinds`, no: `brigde/kind.py`",
        "any of `sql/*.txt`",
        "held by `test_nothing_of_the_sort`",
    ],
)
def test_what_is_not_there_is_found_out(text: str) -> None:
    assert dead(ROOT / "docs" / "page.md", text) != []


@pytest.mark.parametrize(
    "text",
    [
        "[the claim](../sql/interactions.sql), [a heading](why.md#one-sql-statement-decides-a-click), [out](https://slack.dev/x)",
        "`bridge/kinds`, `bridge/kinds/`, `sql/*.sql`, `GET /v1/interactions`, `application/json`, `make test`",
        "```\ncat bridge/nothing.py `bridge/nothing.py` [x](nothing.md)\n```",
    ],
)
def test_what_is_there_or_is_no_path_of_ours_is_left_alone(text: str) -> None:
    assert dead(ROOT / "docs" / "page.md", text) == []
