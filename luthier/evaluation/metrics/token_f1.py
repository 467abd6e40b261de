"""Token F1: how many words answer and reference have in common, in any order."""

from collections import Counter

from luthier.evaluation.metrics import per_example
from luthier.evaluation.metrics.words import words


def score(prediction: str, reference: str) -> float:
    """F1 over the two bags of words (Rajpurkar et al. 2016, SQuAD), but articles count, so that no language is special.

    Case and punctuation do not count. Two texts without any word score 1, one such text scores 0.
    """
    predicted, expected = Counter(words(prediction)), Counter(words(reference))
    if not predicted or not expected:
        return float(predicted == expected)
    return 2 * (predicted & expected).total() / (predicted.total() + expected.total())


class TokenF1(per_example.PerExampleMetric):
    """Mean F1 over the words of answer and reference."""

    def score(self, prediction: str, reference: str) -> float:
        return score(prediction, reference)
