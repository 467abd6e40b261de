"""Answer metrics: one file each, a pure `score` for one answer and an `evaluate` module around it.

`evaluate.load` takes a file's path and needs no hub: `evaluate.load("luthier/evaluation/metrics/chrf.py")`.
"""

from collections.abc import Callable

from luthier.evaluation.metrics import chrf, exact_match, rouge_l, token_f1

SCORES: dict[str, Callable[[str, str], float]] = {
    "exact_match": exact_match.score,
    "token_f1": token_f1.score,
    "rouge_l": rouge_l.score,
    "chrf": chrf.score,
}
"""`score(prediction, reference)` of each metric: between 0 and 1, higher is better."""

PASS_FAIL = frozenset({"exact_match", "preferred"})
"""Metrics that know only right and wrong."""
