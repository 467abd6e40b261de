"""chrF: how many character sequences answer and reference share; it forgives word endings."""

from functools import cache

from sacrebleu.metrics import CHRF

from luthier.evaluation.metrics import per_example


@cache
def _chrf() -> CHRF:
    return CHRF()


def score(prediction: str, reference: str) -> float:
    """sacrebleu's sentence chrF2 (Popović 2015: character 1- to 6-grams, recall counts double), divided by 100.

    Case and punctuation count, white space does not.
    """
    return float(_chrf().sentence_score(prediction, [reference]).score) / 100


class Chrf(per_example.PerExampleMetric):
    """Mean sentence chrF2, from 0 to 1."""

    def score(self, prediction: str, reference: str) -> float:
        return score(prediction, reference)
