"""Whether the answers are labels, told as they go by."""

from collections import Counter

ROWS_PER_LABEL = 10
LABEL_LENGTH = 40
"""Short answers (at most so many characters) that recur (in so many rows each, on average) are labels, like
positive and negative: they have to be known from training, and cannot be kept apart."""

MOST_LABELS = 100_000
"""With more different answers than this they are not taken for labels, so that counting them needs no more memory."""


class LabelCount:
    def __init__(self) -> None:
        self.rows = 0
        self.counts: Counter[str] | None = Counter()

    def add(self, answer: str) -> None:
        self.rows += 1
        if self.counts is None:
            return
        self.counts[answer] += 1
        if len(answer) > LABEL_LENGTH or len(self.counts) > MOST_LABELS:
            self.counts = None

    def found(self) -> dict[str, int] | None:
        """Rows by label, the most frequent first; None where answers are no labels."""
        if self.counts is None or len(self.counts) * ROWS_PER_LABEL > self.rows:
            return None
        return dict(self.counts.most_common())
