"""docs/adding-a-kind.md, followed to the letter in a copy of this repository."""

import re
from pathlib import Path

import pytest

from tests.docs import following

PAGE = following.page("adding-a-kind.md")


def test_it_adds_one_folder_and_one_line_beside_a_test_of_its_own() -> None:
    folders = {str(Path(name).parent) for name in PAGE.files}

    assert PAGE.registry == "bridge/kinds/registry.py"
    assert PAGE.adds_one_line()
    assert folders == {"bridge/kinds/rating", "tests/bridge/kinds"}
    assert [name for name in PAGE.files if name.startswith("tests")] == ["tests/bridge/kinds/test_rating.py"]


@pytest.mark.processes
def test_following_it_yields_a_kind_that_passes_every_test_of_kinds(tmp_path: Path) -> None:
    output = PAGE.output_of_tests(tmp_path)

    passed = set(re.findall(r"test_life\.py::(\w+)\[rating: .*?\] PASSED", output))
    lives = (tmp_path / "tests/bridge/kinds/test_life.py").read_text("utf-8")
    assert passed == set(re.findall(r"^async def (test_\w+)\(", lives, re.MULTILINE)) and passed
    assert "test_rating.py::test_the_words_stand_at_both_ends_of_the_scale PASSED" in output
    assert "test_document.py::test_its_examples_are_accepted PASSED" in output
    assert "test_generated.py::test_a_page_is_fresh[api.md] PASSED" in output
