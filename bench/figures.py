"""Figures: measured values, the floor each is compared with, and whether its bar is met. Pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least `percent` of all samples do not exceed; never interpolated.

    Raises ValueError without samples.
    """
    if not samples:
        raise ValueError("there is no percentile of no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median and range of one value per round; the range shows how noisy the machine was."""

    median: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """The spread of these values, one for each round."""
        return cls(median=statistics.median(values), smallest=min(values), largest=max(values))

    @classmethod
    def of_ratios(cls, values: Sequence[float], floors: Sequence[float]) -> Self:
        """The spread of each round's value divided by the same round's floor, which cancels the noise of the round."""
        return cls.of([value / floor for value, floor in zip(values, floors, strict=True)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A promise about a figure: at most `limit`, or at least `limit` if `at_least` is set."""

    limit: float
    unit: str = "×"
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether a value keeps the promise; NaN never does."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {number(self.limit)} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. A bar in × judges the ratio to the floor, a bar in any other unit the value itself."""

    what: str
    value: Spread
    unit: str
    bar: Bar | None = None
    floor_name: str = ""
    floor: Spread | None = None
    ratio: Spread | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None when the figure has no bar."""
        if self.bar is None:
            return None
        judged = self.ratio if self.bar.unit == "×" else self.value
        return judged is not None and self.bar.met(judged.median)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The lower bound that a figure is compared with: its name, and one value per round."""

    name: str
    values: Sequence[float] = field(repr=False)

    def figure(self, what: str, values: Sequence[float], *, unit: str, bar: Bar | None = None) -> Figure:
        """The figure of `values`, one per round, compared with this floor."""
        return Figure(
            what=what,
            value=Spread.of(values),
            unit=unit,
            bar=bar,
            floor_name=self.name,
            floor=Spread.of(self.values),
            ratio=Spread.of_ratios(values, self.values),
        )


def number(value: float) -> str:
    """A value as text with its significant digits: three, and no decimals from 100 on."""
    if value == int(value) and value < 1_000_000:
        return f"{int(value):,}"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
