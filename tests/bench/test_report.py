from bench import report
from bench.__main__ import PAGE


def test_the_page_has_its_place() -> None:
    assert "new" in report.renewed(PAGE.read_text("utf-8"), "new")
