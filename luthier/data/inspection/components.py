"""What chains of links connect."""

from collections.abc import Sequence

import numpy as np

from luthier.data.inspection.shingles import Array


def first_of(keys: Array) -> Array:
    """For each key the place of the first equal one."""
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return first[which].astype(np.int32)


def earlier(keys: Array) -> Array:
    """For each key the place of the first equal one before it; -1 where there is none."""
    first = first_of(keys)
    return np.where(first == np.arange(len(first)), np.int32(-1), first)


def components(count: int, one: Array | Sequence[int], other: Array | Sequence[int]) -> Array:
    """For each of `count` items the first item that a chain of links (one[i], other[i]) leads to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not count:
        return np.empty(0, np.int32)
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    return first_of(connected_components(graph, directed=False)[1])


def joined(first: Array, one: Array, other: Array) -> Array:
    """The components that further links make of components; each item is linked to the first of its component."""
    items = np.arange(len(first))
    return components(len(first), np.concatenate([items, one]), np.concatenate([first, other]))
