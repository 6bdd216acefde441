"""Only what stands between the two marks of a section is written anew."""

import pytest

from bench import generated

PAGE = """# Speed

<!-- generated: figures -->

old

<!-- end generated -->

## Why

<!-- generated: reasons -->

none

<!-- end generated -->
"""


def test_only_the_named_section_is_written_anew() -> None:
    renewed = generated.renewed(PAGE, "figures", r"new \1")

    assert renewed == PAGE.replace("old", r"new \1")
    assert generated.renewed(renewed, "figures", r"new \1") == renewed
    assert generated.sections(renewed) == {"figures": r"new \1", "reasons": "none"}


def test_a_section_may_be_empty_at_first() -> None:
    empty = PAGE.replace("old\n\n", "")

    assert generated.sections(empty)["figures"] == ""
    assert generated.renewed(empty, "figures", "old") == PAGE


@pytest.mark.parametrize("page", ["", PAGE.replace("figures", "graphs")])
def test_a_page_without_a_place_for_it_is_left_alone(page: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        generated.renewed(page, "figures", "new")


@pytest.mark.parametrize(
    "page",
    [
        PAGE.replace("<!-- generated: figures -->", ""),
        PAGE.replace("<!-- end generated -->", "", 1),
        PAGE.replace("reasons", "figures"),
        "<!-- end generated -->\n<!-- generated: figures -->",
    ],
)
def test_marks_that_are_no_pair_are_an_error(page: str) -> None:
    with pytest.raises(ValueError, match="lacks one of the two comments"):
        generated.renewed(page, "figures", "new")
