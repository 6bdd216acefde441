"""What was measured, what it is held against, and whether that bar is met. Pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least `percent` of all samples do not exceed: always one that was measured."""
    if not samples:
        raise ValueError("there is no percentile of no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One value per round: their median, and the range that says how noisy the machine was."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Of one value for each round."""
        return cls(median=statistics.median(values), least=min(values), most=max(values))

    @classmethod
    def of_ratios(cls, values: Sequence[float], floors: Sequence[float]) -> Self:
        """Of each round's value in terms of the same round's floor: the noise that both had falls out."""
        return cls.of([value / floor for value, floor in zip(values, floors, strict=True)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A promise about a figure: at most `limit`, or at least."""

    limit: float
    unit: str = "×"
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether a value keeps the promise; a value that is no number keeps none."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {number(self.limit)} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. A bar in × speaks of the ratio to the floor, any other of the value itself."""

    what: str
    value: Spread
    unit: str
    bar: Bar | None = None
    floor_name: str = ""
    floor: Spread | None = None
    ratio: Spread | None = None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None when there is none."""
        if self.bar is None:
            return None
        judged = self.ratio if self.bar.unit == "×" else self.value
        return judged is not None and self.bar.met(judged.median)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a figure is compared with: a name that says what it is, and one value per round."""

    name: str
    values: Sequence[float] = field(repr=False)

    def figure(self, what: str, values: Sequence[float], *, unit: str, bar: Bar | None = None) -> Figure:
        """The figure of `values`, one per round, in terms of this floor."""
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
    """A figure with as many digits as it is worth: three, and none behind the point from 100 on."""
    if value == int(value) and value < 1_000_000:
        return f"{int(value):,}"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
