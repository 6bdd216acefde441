"""When a delivery is tried again: ten times in three days, spread, and never sooner than the receiver asked."""

import pytest

from bridge.webhooks import retry_schedule
from tests.bridge.agents.reference import DOCS, tables

UNITS = {"s": 1, "min": 60, "h": 3600}


def test_the_pauses_are_those_of_the_documentation() -> None:
    (table,) = tables((DOCS / "webhooks.md").read_text("utf-8"), "Retries")
    said = [0.0 if pause == "at once" else int(pause.split()[0]) * UNITS[pause.split()[1]] for _, pause in table]

    assert said == [0.0, *retry_schedule.PAUSES] and len(said) == retry_schedule.ATTEMPTS
    assert [row[0] for row in table] == [str(number) for number in range(1, retry_schedule.ATTEMPTS + 1)]


def test_all_of_it_takes_three_days() -> None:
    assert sum(retry_schedule.PAUSES) == pytest.approx(75 * 3600 + 35 * 60, abs=6)


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_each_pause_is_spread_by_a_fifth(chance: float, factor: float) -> None:
    for failures, planned in enumerate(retry_schedule.PAUSES, start=1):
        assert retry_schedule.pause(failures, chance=chance) == pytest.approx(planned * factor)


def test_after_the_last_attempt_there_is_none() -> None:
    assert retry_schedule.pause(retry_schedule.ATTEMPTS - 1, chance=0.5) is not None
    assert retry_schedule.pause(retry_schedule.ATTEMPTS, chance=0.5) is None
    assert retry_schedule.pause(retry_schedule.ATTEMPTS, chance=0.5, retry_after=3600) is None


def test_m080_a_receiver_that_asks_for_more_time_gets_it_and_one_that_asks_for_less_does_not() -> None:
    assert retry_schedule.pause(1, chance=0.5, retry_after=3600) == 3600
    assert retry_schedule.pause(4, chance=0.5, retry_after=60) == 7200
