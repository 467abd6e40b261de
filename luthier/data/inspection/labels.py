"""How evenly rows are spread over labels."""

from math import log
from typing import NamedTuple

from luthier.data.inspection.label_count import ROWS_PER_LABEL

SKEWED = 10
"""Rows of the most frequent label for one of the rarest, from which on a model tends to forget the rarest."""


class Balance(NamedTuple):
    """`ratio`: rows of the most frequent label by rows of the rarest. `rare`: labels of fewer than ten rows.
    `evenness`: entropy of the shares by the highest possible (Pielou 1966), 1 where all labels are as frequent."""

    counts: dict[str, int]
    shares: dict[str, float]
    ratio: float
    rare: list[str]
    evenness: float


def balance(labels: dict[str, int]) -> Balance:
    """`labels`: rows by label."""
    rows = sum(labels.values())
    shares = {label: count / rows for label, count in labels.items()}
    entropy = -sum(share * log(share) for share in shares.values())
    return Balance(
        dict(labels),
        {label: round(share, 4) for label, share in shares.items()},
        round(max(labels.values()) / min(labels.values()), 2),
        [label for label, count in labels.items() if count < ROWS_PER_LABEL],
        round(entropy / log(len(labels)), 4) if len(labels) > 1 else 0.0,
    )
