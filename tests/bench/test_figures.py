import math

import pytest

from bench.figures import Bar, Figure, Floor, Spread, number, percentile


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1.0), (1, 1.0), (50, 5.0), (51, 6.0), (90, 9.0), (99, 10.0), (100, 10.0)]
)
def test_a_percentile_is_the_smallest_sample_that_so_many_do_not_exceed(percent: float, expected: float) -> None:
    assert percentile([10.0, 3.0, 1.0, 2.0, 9.0, 8.0, 7.0, 4.0, 6.0, 5.0], percent) == expected


def test_of_no_samples_there_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)


def test_ratios_are_taken_round_by_round_so_that_a_slow_round_is_slow_for_both() -> None:
    ratio = Spread.of_ratios([2.0, 20.0, 3.0], [1.0, 10.0, 1.0])

    assert ratio == Spread(median=2.0, smallest=2.0, largest=3.0)


def test_a_round_that_one_of_both_did_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        Spread.of_ratios([1.0, 2.0], [1.0])


def test_a_bar_in_times_speaks_of_the_ratio_and_any_other_of_the_value() -> None:
    floor = Floor(name="bare", values=[1.0])

    assert floor.figure("it", [3.0], unit="ms", bar=Bar(limit=3)).met is True
    assert floor.figure("it", [3.1], unit="ms", bar=Bar(limit=3)).met is False
    assert floor.figure("it", [3.1], unit="ms", bar=Bar(limit=5, unit="ms")).met is True
    assert floor.figure("it", [3.1], unit="/s", bar=Bar(limit=4, at_least=True)).met is False
    assert floor.figure("it", [3.1], unit="ms").met is None


def test_a_ratio_that_was_not_measured_meets_no_bar() -> None:
    assert Figure(what="it", value=Spread.of([1.0]), unit="ms", bar=Bar(limit=3)).met is False


def test_what_is_no_number_meets_no_bar() -> None:
    assert not Bar(limit=3).met(math.nan)
    assert not Bar(limit=3, at_least=True).met(math.nan)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0"), (0.123, "0.12"), (2.5, "2.50"), (40, "40"), (12.34, "12.3"), (123.4, "123"), (2461.2, "2,461")],
)
def test_a_number_has_as_many_digits_as_it_is_worth(value: float, expected: str) -> None:
    assert number(value) == expected
