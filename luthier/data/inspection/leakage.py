"""Test rows that the model has seen in training."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from luthier.data.inspection.duplicates import Duplicates
from luthier.data.inspection.shingles import Array, ranges


class Seen(NamedTuple):
    """Test rows that share a prompt or an answer with a training row: but for case, white space and punctuation; up to
    a few characters (Jaccard index 0.8, also through a third text); or a related one (0.6). Each holds the one before.
    """

    equal: int
    same: int
    related: int


def seen_in_train(found: Duplicates, train: Array | Sequence[int], test: Array | Sequence[int]) -> Seen:
    """`train`, `test`: numbers of rows.

    One of the two rows has to end with what they share: a greeting with which many conversations begin gives nothing
    away. Where answers are labels, which have to be known from training, only prompts count.
    """
    train, test = np.asarray(train, np.int64), np.asarray(test, np.int64)
    sides = [found.prompts] if found.answers_are_labels else [found.prompts, found.answers]
    counts = [
        sum((_seen(found, getattr(side, level), train, test) for side in sides), np.zeros(len(test), bool))
        for level in Seen._fields
    ]
    return Seen(*(int(each.sum()) for each in counts))


def _seen(found: Duplicates, clusters: Array, train: Array, test: Array) -> Array:
    """For each test row whether a training row ends with one of its turns, or has the one with which it ends."""
    learned, ends = np.zeros(len(clusters) + 1, bool), np.zeros(len(clusters) + 1, bool)
    _, of_train = _turns(found, train)
    learned[clusters[of_train]] = True
    ends[clusters[found.last[train]]] = True
    learned[-1] = ends[-1] = False  # an empty prompt
    row, of_test = _turns(found, test)
    seen = learned[clusters[found.last[test]]]
    seen[row[ends[clusters[of_test]]]] = True
    return seen


def _turns(found: Duplicates, rows: Array) -> tuple[Array, Array]:
    """The turns of some rows, each with the place of its row."""
    sizes = found.offsets[rows + 1] - found.offsets[rows]
    return np.repeat(np.arange(len(rows)), sizes), ranges(found.offsets[rows], sizes)
