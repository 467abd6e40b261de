"""The verdict's label and reason."""

import numpy as np
import pytest

from luthier.evaluation.statistics import detectable, metric_change, perplexity_change
from luthier.evaluation.verdict import FEWEST_UNITS, decide


def verdict(differences, fit: float = -0.4, rows_per_group: int = 1) -> dict:
    """Of a run whose primary metric differs so per row, and whose NLL per token changes by about `fit`."""
    before = np.full(len(differences), 0.3)
    after = before + differences
    groups = [str(number // rows_per_group) for number in range(len(before))]
    nll = np.linspace(20, 40, len(before))
    change = metric_change(before, after, groups, 1)
    perplexity = perplexity_change(nll, nll + 10 * fit + np.linspace(-1, 1, len(nll)), [10] * len(nll), groups, 1)
    return decide("chrf", change, perplexity, detectable(before, after, groups))


NOISE = np.random.default_rng(3).normal(0, 0.1, 100)
NOISE -= NOISE.mean()


@pytest.mark.parametrize(
    ("differences", "label", "says"),
    [
        (NOISE + 0.1, "improved", "rose by +0.100"),
        (NOISE - 0.1, "worse", "fell by -0.100"),
        (NOISE + 0.001, "not_shown", "interval includes zero"),
        (np.zeros(100), "not_shown", "exactly as the base"),
        (NOISE[: FEWEST_UNITS - 1] + 0.5, "not_shown", "Too few examples"),
        (np.r_[np.full(5, 0.5), np.zeros(95)], "not_shown", "only 5 of 100"),
        (np.r_[np.full(7, 0.5), np.zeros(93)], "improved", "excludes zero"),
        (NOISE[:1] + 0.1, "not_shown", "Too few examples"),
    ],
)
def test_labels(differences, label, says):
    decided = verdict(differences)
    assert decided["label"] == label
    assert says in decided["reason"]
    assert bool(decided["next_step"]) == (label != "improved")


def test_a_better_perplexity_alone_is_no_improvement():
    decided = verdict(NOISE, fit=-0.7)
    assert decided["label"] == "not_shown"
    assert "Perplexity fell by 50%" in decided["reason"]


def test_the_reason_says_what_could_have_been_seen():
    assert "would show a true change of 0.0" in verdict(NOISE)["reason"]


def test_many_rows_of_few_sources_are_few():
    assert verdict(NOISE + 0.1, rows_per_group=10)["label"] == "not_shown"
