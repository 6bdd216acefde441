"""docs/operations.md is complete and exact: its metrics, events and loops are those of the code, and no others."""

import ast
import re
from pathlib import Path

import pytest

from bridge.loops.runner import Loop
from bridge.server import fd_limit
from tests.bridge import scraping
from tests.bridge.conftest import replica, slack  # noqa: F401  -- fixtures
from tests.bridge.replica import Replica
from tests.docs import events

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")


def table(first: str) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    (found,) = re.findall(rf"^\| {first} \|.*\n\| --- .*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in re.split(r" \| ", line.strip("| "))] for line in found.splitlines()]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


async def step() -> int:
    return 0


async def test_the_table_of_metrics_has_every_metric_and_no_other(replica: Replica) -> None:  # noqa: F811
    async with scraping.served(replica, loops=[Loop(name="cards", step=step, interval=1.0)]) as scraped:
        replica.metrics.put_off("rate_limited")
        replica.metrics.given_up("not_in_channel")
        replica.metrics.note_put_off("rate_limited")
        replica.metrics.note_given_up("thread_not_found")
        replica.metrics.form_not_opened("form_expired")
        page = await scraped.page()
    shown = {
        f"{family.name}{'_total' if family.type == 'counter' else ''}": (
            family.type,
            {name for sample in family.samples for name in sample.labels} - {"le"},
        )
        for family in page.families.values()
    }
    documented = {named(row[0])[0]: (row[1], set(named(row[2]))) for row in table("metric")}

    assert documented == shown


def test_every_event_is_told_in_a_sentence() -> None:
    assert all(row[3].endswith(".") for row in table("event"))


async def test_the_table_of_loops_has_every_loop_and_no_other(replica: Replica) -> None:  # noqa: F811
    assert {named(row[0])[0] for row in table("loop")} == {loop.name for loop in replica.built.loops}


def test_how_connections_are_allotted_is_told() -> None:
    (section,) = re.findall(r"^## Connection limits$(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)

    told = " ".join(section.split())
    assert f"up to {fd_limit.MAX_DESCRIPTORS:,}." in told
    assert f"Below {fd_limit.FEW:,} it logs `descriptors_few`" in told
    assert f"reserves {fd_limit.RESERVED} descriptors" in told
    assert "three quarters" in section and fd_limit.OPEN_REQUESTS_SHARE == 0.75


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('_log.info("it_happened", one=1, two=2)', [("info", "it_happened", {"one", "two"})]),
        ('_log.failure("it_broke", error, one=1)', [("error", "it_broke", {"one", "error"})]),
        ('_log.warning("a" if x else "b")', [("warning", "a", set()), ("warning", "b", set())]),
        (
            'def _keys(x):\n    return {"one": 1}\n_log.info("it_happened", **_keys(x), two=2)',
            [("info", "it_happened", {"one", "two"})],
        ),
        ('_EVENTS = {1: "a", 2: "b"}\n_log.info(_EVENTS[x])', [("info", "a", set()), ("info", "b", set())]),
    ],
)
def test_an_event_is_read_from_the_code(text: str, found: list[tuple[str, str, set[str]]]) -> None:
    assert list(events.in_module(ast.parse(text))) == found


@pytest.mark.parametrize("text", ['_log.info(f"it_{x}")', "_log.info(name)", '_log.info("it_happened", **keys)'])
def test_an_event_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(AssertionError, match="must be written out"):
        list(events.in_module(ast.parse(text)))
