"""Which tokens of a packed micro-batch see which: a tree of segments.

Examples that begin alike share a segment, which is computed once; what follows it branches. A token
sees all of its segment's parents, and its own segment up to itself.
"""

from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch

Ids = np.ndarray
"""int array of shape (tokens,)"""

WORTH_SHARING = 16
"""Tokens that sharing must save; below, a further segment costs more than it saves (measured on a CPU)."""


class Segment(NamedTuple):
    """Tokens `start` to `end` of one example, and of every other that runs through here; `parents`, outermost first."""

    example: int
    start: int
    end: int
    parents: tuple[int, ...]


class Layout:
    """Lengths and parents of the segments, in their order in the packed sequence."""

    def __init__(self, segments: list[Segment]):
        self.lengths = [segment.end - segment.start for segment in segments]
        self.parents = [segment.parents for segment in segments]
        self.starts = [segment.start for segment in segments]
        self._masks: dict[tuple[int, int | None], torch.Tensor | None] = {}  # every layer asks for the same
        self._ends: torch.Tensor | None = None

    @property
    def longest(self) -> int:
        """Tokens that the last token of some segment sees, at most, itself included."""
        return max(start + length for start, length in zip(self.starts, self.lengths, strict=True))

    @property
    def shared(self) -> bool:
        """Whether a segment has a parent."""
        return any(self.parents)

    def mask(self, number: int, window: int | None, query: torch.Tensor) -> torch.Tensor | None:
        """What to add to the scores of a segment, (its tokens, tokens it may see); None where it is plainly causal.

        window: tokens that sliding attention looks back on, its own included. query: whose dtype and device to take.
        """
        if (number, window) not in self._masks:
            self._masks[number, window] = self._make_mask(number, window, query)
        return self._masks[number, window]

    def ends(self, device: torch.device) -> torch.Tensor:
        """Where segments begin and end in the packed sequence: int32 of shape (segments + 1,)."""
        if self._ends is None:
            self._ends = torch.tensor([0, *accumulate(self.lengths)], dtype=torch.int32, device=device)
        return self._ends

    def _make_mask(self, number: int, window: int | None, query: torch.Tensor) -> torch.Tensor | None:
        start, length = self.starts[number], self.lengths[number]
        if start == 0 and (window is None or length <= window):
            return None
        own = torch.arange(start, start + length, device=query.device)[:, None]
        seen = torch.arange(start + length, device=query.device)[None, :]
        hidden = seen > own
        if window is not None:
            hidden |= seen <= own - window
        return query.new_zeros(hidden.shape).masked_fill(hidden, float("-inf"))


def grow(examples: list[Ids], share: bool) -> tuple[list[Segment], list[list[int]]]:
    """The segments that hold all examples, parents before children; and for each example its segments in order."""
    segments: list[Segment] = []
    paths: list[list[int]] = [[] for _ in examples]

    def add(members: list[int], start: int, end: int, parents: tuple[int, ...]) -> tuple[int, ...]:
        if end == start:
            return parents
        segments.append(Segment(members[0], start, end, parents))
        for member in members:
            paths[member].append(len(segments) - 1)
        return (*parents, len(segments) - 1)

    def branch(members: list[int], start: int, parents: tuple[int, ...]) -> None:
        common = _common(examples[members[0]], examples[members[-1]]) if share else 0
        if len(members) == 1 or not share:
            for member in members:
                add([member], start, len(examples[member]), parents)
            return
        if (common - start) * (len(members) - 1) >= WORTH_SHARING:
            parents, start = add(members, start, common, parents), common
        for twigs in _by_next(examples, members, common):
            branch(twigs, start, parents)

    in_order = sorted(range(len(examples)), key=lambda number: (examples[number].astype(">u4").tobytes(), number))
    branch(in_order, 0, ())
    return segments, paths


def _common(first: Ids, last: Ids) -> int:
    """Tokens that two sequences have in common at their beginning."""
    length = min(len(first), len(last))
    different = np.flatnonzero(first[:length] != last[:length])
    return int(different[0]) if different.size else length


def _by_next(examples: list[Ids], members: list[int], at: int) -> list[list[int]]:
    """Members grouped by their token at `at`; those that end before it stand alone."""
    groups: dict[int, list[int]] = {}
    for member in members:
        ended = len(examples[member]) <= at
        groups.setdefault(-1 - member if ended else int(examples[member][at]), []).append(member)
    return list(groups.values())
