"""docs/failure-matrix.md agrees with the names of the tests: its numbers, its tests, and the numbers in their names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "failure-matrix.md").read_text("utf-8")
LINE = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(?:(test_\w+\.py)::)?(test_\w+)`")
NUMBER = re.compile(r"(?<=_)m(\d{3})(?=_)")

Test = tuple[str, str]  # the base name of its file, and its function
Matrix = dict[int, str | None]  # the tests of each number as the page has them; None for what is not built


def read(page: str) -> tuple[list[int], Matrix]:
    """The numbers of the page in its order, and the last cell of each line that has a promise."""
    lines = [(int(number), cells.split(" | ")) for number, cells in LINE.findall(page)]
    return [number for number, _ in lines], {
        number: cells[-1] if len(cells) == 3 else None  # fault, promise, test
        for number, cells in lines
    }


def functions(file: Path) -> Iterator[Test]:
    """The test functions of a file and of its classes."""
    body = ast.parse(file.read_text("utf-8")).body
    inner = [node for one in body if isinstance(one, ast.ClassDef) for node in one.body]
    for node in [*body, *inner]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield file.name, node.name


def disagreements(page: str, tests: list[Test]) -> list[str]:
    """What is wrong with a page beside these tests, a sentence each."""
    numbers, matrix = read(page)
    found = [] if sorted(numbers) == list(range(1, len(numbers) + 1)) else ["a number is missing or there twice"]
    named: set[tuple[int, Test]] = set()
    for number, cell in matrix.items():
        names = TEST.findall(cell or "")
        if cell is not None and not names and cell != "no test":
            found.append(f'{number} has neither a test nor "no test"')
        for file, function in names:
            meant = [test for test in tests if test[1] == function and file in {"", test[0]}]
            if len(meant) != 1:
                found.append(f"{number} names {function}, which is there {len(meant)} times")
            named |= {(number, test) for test in meant}
    for file, function in tests:
        for number in map(int, NUMBER.findall(function)):
            if number not in matrix:
                found.append(f"{function} has a number that is not on the page")
            elif (number, (file, function)) not in named:
                found.append(f"{number} does not name {file}::{function}")
    return found


def test_the_page_and_the_names_of_the_tests_agree() -> None:
    tests = [test for file in sorted((ROOT / "tests").rglob("test_*.py")) for test in functions(file)]

    assert disagreements(PAGE, tests) == []


SMALL = """
| number | fault | promise | test |
| --- | --- | --- | --- |
| 1 | A replica dies. | Another goes on. | `test_m001_m002_it_goes_on`, `test_a.py::test_both` |
| 2 | It comes back. | It is welcome. | `test_m001_m002_it_goes_on` |
| 3 | The moon falls. | None. | no test |

| number | fault |
| --- | --- |
| 4 | A quorum races. |
"""
TESTS = [("test_a.py", "test_m001_m002_it_goes_on"), ("test_a.py", "test_both"), ("test_b.py", "test_both")]


def test_a_page_that_agrees_is_left_alone() -> None:
    assert disagreements(SMALL, TESTS) == []


@pytest.mark.parametrize(
    ("page", "tests"),
    [
        pytest.param(SMALL.replace("| 3 |", "| 2 |"), TESTS, id="a number twice"),
        pytest.param(SMALL.replace("| 4 |", "| 5 |"), TESTS, id="a number missing"),
        pytest.param(SMALL.replace("no test", "–"), TESTS, id="a line without a test that does not say so"),
        pytest.param(SMALL, TESTS[:1] + TESTS[2:], id="a test that is not in the file"),
        pytest.param(SMALL, TESTS[1:], id="a test that does not exist"),
        pytest.param(SMALL.replace("test_a.py::", ""), TESTS, id="a name of two tests"),
        pytest.param(SMALL, [*TESTS, ("test_b.py", "test_m005_it_rains")], id="a number that is not on the page"),
        pytest.param(SMALL, [*TESTS, ("test_b.py", "test_m003_it_falls")], id="a test that its line does not name"),
        pytest.param(SMALL, [*TESTS, ("test_b.py", "test_m004_it_races")], id="a test of what is not built"),
    ],
)
def test_a_page_that_disagrees_is_found_out(page: str, tests: list[Test]) -> None:
    assert disagreements(page, tests) != []
