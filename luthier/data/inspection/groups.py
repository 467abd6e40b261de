"""Rows that have to lie on one side of a split."""

from collections.abc import Sequence

import numpy as np

from luthier.data.inspection.components import components
from luthier.data.inspection.duplicates import Duplicates
from luthier.data.inspection.shingles import Array, ranges


def groups(found: Duplicates, kept: Array | Sequence[int], extra: Array | Sequence[int] | None = None) -> list[int]:
    """For each kept row the first kept row of its group: rows that share a prompt or an answer, also nearly.

    Labels, which whole classes of rows share, do not tie rows together, nor does a turn with which
    no row ends: a greeting, say. What a row ends with is what is tested.
    `extra`: a number for each kept row; equal ones tie rows together, negative ones nothing.
    """
    kept = np.asarray(kept, np.int64)
    ties = [_ties(found, kept, each) for each in shared(found)]
    if extra is not None:
        keys = np.asarray(extra, np.int64)
        ties.append((np.flatnonzero(keys >= 0), keys[keys >= 0]))
    rows, nodes = [], []
    count = len(kept)
    for places, keys in ties:
        _, numbers = np.unique(keys, return_inverse=True)
        rows.append(places)
        nodes.append(count + numbers)
        count += len(numbers)
    group = components(count, np.concatenate(rows), np.concatenate(nodes))[: len(kept)]
    return kept[group].tolist()


def shared(found: Duplicates) -> list[Array]:
    """The clusters that tie rows together, a number for each turn."""
    return [found.prompts.related] if found.answers_are_labels else [found.prompts.related, found.answers.related]


def _ties(found: Duplicates, kept: Array, clusters: Array) -> tuple[Array, Array]:
    """Places in `kept`, and a cluster of each; as often as a row is in one with which a row ends."""
    sizes = found.offsets[kept + 1] - found.offsets[kept]
    of_turn = clusters[ranges(found.offsets[kept], sizes)]
    ends = np.zeros(len(clusters) + 1, bool)  # the last one stands for -1
    ends[clusters[found.last[kept]]] = True
    ends[-1] = False
    ties = ends[of_turn]
    return np.repeat(np.arange(len(kept)), sizes)[ties], of_turn[ties]
