"""How often each training row is trained on: by the weight of its file, and to balance labels."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from luthier.data.standing import Standing

MOST = 10
"""A rare label's rows are repeated so many times at most: more would be learned by heart."""

FEWEST = 10
"""A label of fewer rows, such as a misspelt one, is kept as it is and sets no measure for the others."""


def copies(rows: Sequence[int], standing: Standing, labels: Sequence[str] | None, seed: int) -> list[int]:
    """For each training row a number of copies, 0 for none; a weight's fraction is drawn. `labels`: to be balanced."""
    draw = random.Random(seed)
    counts = Counter(labels or ())
    most = max(counts.values(), default=1)
    found = []
    for place, row in enumerate(rows):
        weight = standing.source(row).weight
        if labels:
            weight *= min(most / counts[labels[place]], MOST)
        whole = int(weight)
        found.append(whole + (draw.random() < weight - whole))
    return found


def surplus(rows: Sequence[int], labels: Sequence[str], seed: int) -> dict[int, str]:
    """Rows to set aside, with the reason, so that no label has more rows than the rarest (of FEWEST or more)."""
    by_label: dict[str, list[int]] = defaultdict(list)
    for row, label in zip(rows, labels, strict=True):
        by_label[label].append(row)
    limit = min((len(members) for members in by_label.values() if len(members) >= FEWEST), default=FEWEST)
    draw = random.Random(seed)
    found = {}
    for label, members in by_label.items():
        for row in draw.sample(members, max(0, len(members) - limit)):
            found[row] = f'surplus: label "{label}" has {len(members)} rows, {limit} are kept'
    return found
