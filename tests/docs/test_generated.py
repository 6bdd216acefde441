"""What the docs repeat of the code is fresh, and lacks no words that only people can write."""

from pathlib import Path

import pytest

from bench import generated
from tests.docs import rewrite, tables
from tests.docs.tables import ByHand, OrderedNames, Table

BEFORE = "| field | type | names | meaning |\n| --- | --- | --- | --- |\n| `a` | text | `y` `gone` `x` | Ours. |"


@pytest.mark.parametrize("page", rewrite.PAGES, ids=lambda page: page.name)
def test_a_page_is_fresh(page: Path) -> None:
    text = page.read_text("utf-8")

    assert rewrite.rewritten(text) == text, "rewrite it: make docs"


@pytest.mark.parametrize("page", rewrite.PAGES, ids=lambda page: page.name)
def test_no_cell_by_hand_is_blank(page: Path) -> None:
    lacking = {name: tables.blank(text) for name, text in generated.sections(page.read_text("utf-8")).items()}
    lacking.pop("methods", None)  # what asks for no scope has none

    assert {name: rows for name, rows in lacking.items() if rows} == {}, "write what they mean"


def test_every_page_with_sections_is_among_them() -> None:
    marked = {page for page in rewrite.ROOT.glob("docs/*.md") if generated.sections(page.read_text("utf-8"))}

    assert marked - {*rewrite.PAGES} == {rewrite.ROOT / "docs" / "performance.md"}  # whose section a run measures


def test_words_and_orders_of_people_stay_and_all_else_is_made_anew() -> None:
    table = Table(
        head=("field", "type", "names", "meaning"),
        rows=[
            ["`b`", "number", OrderedNames(["q", "p"]), ByHand("As the code says.")],
            ["`a`", "list", OrderedNames({"x", "y", "a"}), ByHand("As the code says.")],
        ],
    )

    assert table.written(BEFORE).splitlines()[2:] == [
        "| `b` | number | `p` `q` | As the code says. |",
        "| `a` | list | `y` `x` `a` | Ours. |",
    ]


def test_words_of_another_table_are_not_taken_for_its_own() -> None:
    table = Table(head=("event", "type", "names", "meaning"), rows=[["`a`", "text", OrderedNames([]), ByHand()]])

    assert table.written(BEFORE).splitlines()[2:] == ["| `a` | text | \N{EN DASH} | |"]
    assert tables.blank(table.written(BEFORE)) == ["`a`"]


def test_a_stroke_in_a_cell_does_not_end_it() -> None:
    table = Table(head=("field", "meaning"), rows=[["`^(a\\|b)$`", ByHand()]])
    before = "| field | meaning |\n| --- | --- |\n| `^(a\\|b)$` | Either of `a \\| b`. |"

    assert table.written(before) == before
