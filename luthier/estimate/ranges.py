"""Numbers that are not known exactly: the least, the likely and the most."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """0 <= low <= likely <= high. Sums and products take all lows together, so they are wide rather than narrow."""

    low: float
    likely: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> "Range":
        return cls(value, value, value)

    @classmethod
    def around(cls, value: float, spread: float) -> "Range":
        """value ± a share of it."""
        return cls(value * (1 - spread), value, value * (1 + spread))

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __mul__(self, other: "Range | float") -> "Range":
        by = other if isinstance(other, Range) else Range.exactly(other)
        return Range(self.low * by.low, self.likely * by.likely, self.high * by.high)

    def over(self, speed: "Range") -> "Range":
        """Amount by speed: the least at the highest speed."""
        return Range(self.low / speed.high, self.likely / speed.likely, self.high / speed.low)

    def at_least(self, other: "Range") -> "Range":
        return Range(max(self.low, other.low), max(self.likely, other.likely), max(self.high, other.high))

    def at_most(self, other: "Range") -> "Range":
        return Range(min(self.low, other.low), min(self.likely, other.likely), min(self.high, other.high))


def total(ranges: Iterable[Range]) -> Range:
    return sum(ranges, Range.exactly(0))


def widest(ranges: Iterable[Range]) -> Range:
    """From the least of all to the most of all; likely is the lowest of the likely ones."""
    every = list(ranges)
    return Range(min(r.low for r in every), min(r.likely for r in every), max(r.high for r in every))
