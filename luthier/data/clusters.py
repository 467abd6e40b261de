"""Rows that belong together."""

from collections.abc import Iterable, Sequence

from luthier.data.near import near_pairs


def similar(texts: Sequence[str]) -> list[int]:
    """For each text the index of the first one that is equal to it or linked to it by near-duplicates."""
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        first.setdefault(text, index)
    distinct = list(first)
    links = [(first[distinct[a]], first[distinct[b]]) for a, b in near_pairs(distinct)]
    return connected(len(texts), [*links, *((first[text], index) for index, text in enumerate(texts))])


def connected(count: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` items the first item that a chain of links leads to."""
    from scipy.cluster.hierarchy import DisjointSet

    sets = DisjointSet(range(count))
    for one, other in links:
        sets.merge(one, other)
    first: dict[int, int] = {}
    return [first.setdefault(sets[index], index) for index in range(count)]
