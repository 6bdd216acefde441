from pathlib import Path

import pytest

from bridge.card import bounded_parser, markdown, prose
from bridge.card.bounded_parser import MAX_STEPS, Meter, TooMuchWork
from tests.generated.test_work import BODIES

DOCS = Path(__file__).parents[3] / "docs"
# Within the limit, whatever the rest of a drawing costs.
WITHIN = {name for name in BODIES if "address" in name} | {"a fence of line breaks", "marks"}


@pytest.mark.parametrize("name", [name for name in BODIES if name not in WITHIN])
def test_a_text_that_needs_too_many_steps_is_given_up_at_the_limit(name: str) -> None:
    meter = Meter()

    with pytest.raises(TooMuchWork):
        bounded_parser.parse(BODIES[name][:9_000], {}, meter)
    if "table" not in name:  # the cells of a table are counted at once, before any is made
        assert meter.steps < 1.1 * MAX_STEPS


@pytest.mark.parametrize("name", BODIES)
def test_a_text_beyond_the_limit_is_shown_as_it_was_written(name: str) -> None:
    shown = prose.plain(markdown.parse(BODIES[name]))

    assert shown == BODIES[name] or name in WITHIN


def test_cells_are_counted_before_they_are_made() -> None:
    """The parser fills every row of a table up to the width of its head."""
    within = "|a" * 10 + "|\n" + "|-" * 10 + "|\n" + "|\n" * 100
    tokens = bounded_parser.parse(within, {}, Meter())

    assert sum(token.type in ("td_open", "th_open") for token in tokens) == 1_010
    with pytest.raises(TooMuchWork):
        bounded_parser.parse(within.replace("a" * 10, "") + "|\n" * 100, {}, Meter())


def test_no_page_of_the_documentation_is_near_the_limit() -> None:
    """Nine thousand characters of what people write, with dense tables, links and code."""
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text()
        for start in range(0, len(text), 9_000):
            bounded_parser.parse(text[start : start + 9_000], {}, Meter(MAX_STEPS * 4 // 5))
