"""ROUGE-L: the longest run of words, gaps allowed, that answer and reference share in order."""

from functools import cache

from rouge_score import rouge_scorer

from luthier.evaluation.metrics import per_example
from luthier.evaluation.metrics.words import words


class _Words:
    """rouge_score's own tokenizer keeps ASCII only: an answer in Greek would score 0."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


@cache
def _scorer() -> rouge_scorer.RougeScorer:
    return rouge_scorer.RougeScorer(["rougeL"], tokenizer=_Words())


def score(prediction: str, reference: str) -> float:
    """F-measure of the longest common subsequence of words (Lin 2004), without stemming.

    Case and punctuation do not count.
    """
    return float(_scorer().score(reference, prediction)["rougeL"].fmeasure)


class RougeL(per_example.PerExampleMetric):
    """Mean ROUGE-L F-measure."""

    def score(self, prediction: str, reference: str) -> float:
        return score(prediction, reference)
