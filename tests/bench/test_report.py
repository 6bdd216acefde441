import pytest

from bench import report
from bench.__main__ import PAGE


def test_only_what_is_between_the_marks_is_written_anew() -> None:
    page = f"# Speed\n\n{report.BEGIN}\nold\n{report.END}\n\n## Why\n"

    renewed = report.renewed(page, "new")

    assert renewed == f"# Speed\n\n{report.BEGIN}\n\nnew\n\n{report.END}\n\n## Why\n"
    assert report.renewed(renewed, "new") == renewed


@pytest.mark.parametrize("page", ["", report.BEGIN, f"{report.END}{report.BEGIN}"])
def test_a_page_without_a_place_for_figures_is_left_alone(page: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        report.renewed(page, "new")


def test_the_page_has_its_place() -> None:
    assert "new" in report.renewed(PAGE.read_text("utf-8"), "new")
