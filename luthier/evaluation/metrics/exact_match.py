"""Exact match: the answer has the reference's words, in its order."""

from luthier.evaluation.metrics import per_example
from luthier.evaluation.metrics.words import words


def score(prediction: str, reference: str) -> float:
    """1.0 or 0.0. Case, punctuation, white space and Unicode's compatibility forms do not count."""
    if not words(reference):  # a reference of punctuation only, an emoji say
        return float(prediction.strip() == reference.strip())
    return float(words(prediction) == words(reference))


class ExactMatch(per_example.PerExampleMetric):
    """Share of answers with exactly the reference's words."""

    def score(self, prediction: str, reference: str) -> float:
        return score(prediction, reference)
