"""docs/lifecycles.md names tests that exist: every rule has one, and each of them can be found."""

import re
from functools import cache

import pytest

from tests.docs.test_failure_matrix import ROOT, TEST, functions

PAGE = (ROOT / "docs" / "lifecycles.md").read_text("utf-8")
RULE = re.compile(r"^\| ([A-Z].*?) \| (.+) \| (.+) \|$", re.MULTILINE)


@cache  # and not at import: every worker of the tests imports this
def every_test() -> frozenset[str]:
    """The names of all tests there are."""
    return frozenset(name for file in (ROOT / "tests").rglob("test_*.py") for _, name in functions(file))


@pytest.mark.parametrize(("rule", "tests"), [(rule, tests) for rule, _, tests in RULE.findall(PAGE)])
def test_every_rule_has_tests_that_exist(rule: str, tests: str) -> None:
    named = [name for _, name in TEST.findall(tests)]

    assert named, f"no test shows: {rule}"
    assert set(named) <= every_test(), f"of “{rule}” there is no {set(named) - every_test()}"


def test_the_page_has_its_rules() -> None:
    assert len(RULE.findall(PAGE)) >= 25
