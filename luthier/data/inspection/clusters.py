"""Rows that belong together."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from luthier.data.inspection.near import SAME, near_pairs


class Likeness(NamedTuple):
    """For each text the first text of its cluster: of those that repeat each other, of those that are related."""

    same: list[int]
    related: list[int]


def clusters(texts: Sequence[str]) -> Likeness:
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        first.setdefault(text, index)
    distinct = list(first)
    equal = [(first[text], index) for index, text in enumerate(texts)]
    links = [(first[distinct[a]], first[distinct[b]], likeness) for a, b, likeness in near_pairs(distinct)]
    return Likeness(
        same=connected(len(texts), equal + [(a, b) for a, b, likeness in links if likeness >= SAME]),
        related=connected(len(texts), equal + [(a, b) for a, b, _ in links]),
    )


def connected(count: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` items the first item that a chain of links leads to."""
    from scipy.cluster.hierarchy import DisjointSet

    sets = DisjointSet(range(count))
    for one, other in links:
        sets.merge(one, other)
    first: dict[int, int] = {}
    return [first.setdefault(sets[index], index) for index in range(count)]
