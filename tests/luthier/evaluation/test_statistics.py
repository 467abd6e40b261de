"""Paired statistics: known values, symmetry, and how often the interval holds the truth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from luthier.evaluation.statistics import adjust, detectable, mcnemar, metric_change, perplexity_change, wins

scores = st.floats(0, 1, allow_subnormal=False).map(lambda score: round(score, 3))
pairs = st.lists(st.tuples(scores, scores), min_size=2, max_size=30)
few = settings(max_examples=25, deadline=None)


def names(count: int) -> list[str]:
    return [f"{number:03d}" for number in range(count)]


@few
@given(pairs)
def test_swapping_before_and_after_turns_the_sign(rows):
    before, after = np.array(rows).T
    there = metric_change(before, after, names(len(rows)), seed=1)
    back = metric_change(after, before, names(len(rows)), seed=1)
    assert back["value"] == pytest.approx(-there["value"])
    assert (back["ci_low"], back["ci_high"]) == pytest.approx((-there["ci_high"], -there["ci_low"]), abs=2e-3)
    assert back["p_value"] == pytest.approx(there["p_value"])


@few
@given(pairs, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_the_rows_does_not_matter(rows, random, pass_fail):
    rows = [(round(before) if pass_fail else before, round(after) if pass_fail else after) for before, after in rows]
    labelled = list(zip(names(len(rows)), rows, strict=True))
    shuffled = random.sample(labelled, len(labelled))
    results = []
    for order in (labelled, shuffled):
        before, after = np.array([pair for _, pair in order]).T
        results.append(metric_change(before, after, [name for name, _ in order], 1, pass_fail))
    assert results[0] == pytest.approx(results[1])


@few
@given(pairs)
def test_the_interval_holds_the_value_and_stays_in_bounds(rows):
    before, after = np.array(rows).T
    change = metric_change(before, after, names(len(rows)), seed=1)
    assert -1 <= change["ci_low"] <= change["value"] + 1e-9
    assert change["value"] - 1e-9 <= change["ci_high"] <= 1
    assert 0 <= change["p_value"] <= 1


@few
@given(pairs, st.lists(st.integers(1, 50), min_size=30, max_size=30))
def test_no_number_is_ever_nan(rows, tokens):
    before, after = np.array(rows).T
    groups = names(len(rows))
    for change in (
        metric_change(before, after, groups, 1),
        metric_change(before.round(), after.round(), groups, 1, pass_fail=True),
        perplexity_change(before * 9, after * 9, tokens[: len(rows)], groups, 1),
        metric_change(before, after, ["one"] * len(rows), 1),
    ):
        numbers = [value for value in change.values() if isinstance(value, float)]
        assert all(map(math.isfinite, numbers))
        assert change["ci_low"] is not None or change["reason"]


def test_identical_outputs_are_called_so():
    change = metric_change([0.2, 0.4, 0.9], [0.2, 0.4, 0.9], names(3), 1)
    assert (change["value"], change["ci_low"], change["ci_high"], change["p_value"]) == (0, 0, 0, 1)
    assert change["reason"].startswith("identical")


def test_one_example_has_no_interval():
    change = metric_change([0.2], [0.4], names(1), 1)
    assert change["value"] == pytest.approx(0.2)
    assert (change["ci_low"], change["p_value"]) == (None, None)
    assert "two independent" in change["reason"]


def test_mcnemar_by_hand():
    # 8 became right, 1 wrong: 2 * (C(9,8) + C(9,9)) / 2**9
    difference = np.array([1] * 8 + [-1] + [0] * 11, float)
    (low, high), p_value = mcnemar(difference, len(difference))
    assert p_value == pytest.approx(20 / 512)
    assert 0 < low < 7 / 20 < high


@few
@given(st.integers(0, 25), st.integers(0, 25))
def test_mcnemars_interval_agrees_with_its_p_value(better, worse):
    difference = np.array([1] * better + [-1] * worse + [0] * 10, float)
    (low, high), p_value = mcnemar(difference, len(difference))
    assert (low > 0 or high < 0) == (p_value < 0.05)


def test_a_pass_fail_interval_agrees_with_its_p_value_also_where_rows_share_a_group():
    groups = [str(row // 2) for row in range(120)]
    change = metric_change([0.0] * 120, [float(row in (10, 40, 90)) for row in range(120)], groups, 1, pass_fail=True)
    assert change["p_value"] == pytest.approx(0.25)  # three units better, none worse
    assert change["ci_low"] <= 0 < change["value"] < change["ci_high"]


def test_a_pass_fail_interval_is_no_surer_than_the_exact_test():
    after = [1.0] * 5 + [0.0] * 95
    change = metric_change([0.0] * 100, after, names(100), 1, pass_fail=True)
    assert metric_change([0.0] * 100, after, names(100), 1)["ci_low"] > 0
    assert change["p_value"] == pytest.approx(2 / 2**5)
    assert change["ci_low"] < 0 < 0.05 < change["ci_high"]


def test_perplexity_is_the_ratio_of_token_weighted_means():
    change = perplexity_change([10.0, 90.0], [5.0, 80.0], [10, 30], names(2), 1)
    assert change["value"] == pytest.approx(math.exp(85 / 40) / math.exp(100 / 40) - 1)
    assert change["value_kind"] == "relative"


def test_rows_of_one_group_count_once():
    before, after = [0.0] * 10, [0.1, 0.5, 0.2, 0.4, 0.3, 0.0, 0.6, -0.2, 0.2, 0.1]
    single = metric_change(before, after, names(10), 1)
    copied = metric_change(before * 4, after * 4, names(10) * 4, 1)
    assert (copied["n"], copied["units"]) == (40, 10)
    for key in ("value", "ci_low", "ci_high", "p_value"):
        assert copied[key] == pytest.approx(single[key])
    assert detectable(before * 4, after * 4, names(10) * 4) == pytest.approx(detectable(before, after, names(10)))


def test_detectable_is_2_8_standard_errors():
    after = np.random.default_rng(0).normal(0.1, 0.2, 50)
    error = after.std(ddof=1) / math.sqrt(50)
    assert detectable(np.zeros(50), after, names(50)) == pytest.approx(2.8016 * error, rel=1e-4)
    assert detectable([0.1], [0.2], names(1)) is None
    assert detectable([0.1] * 5, [0.2] * 5, names(5)) is None


def test_the_interval_holds_the_truth_about_95_times_in_100():
    random = np.random.default_rng(5)
    held = 0
    for trial in range(100):
        after = 0.1 + random.normal(0, 0.3, 60)
        change = metric_change(np.zeros(60), after, names(60), trial)
        held += change["ci_low"] <= 0.1 <= change["ci_high"]
    assert 89 <= held <= 99


def test_without_a_difference_few_p_values_are_small():
    random = np.random.default_rng(6)
    p_values = []
    for trial in range(60):
        before, after = random.beta(2, 3, (2, 40))
        p_values.append(metric_change(before, after, names(40), trial)["p_value"])
    assert np.mean(np.array(p_values) < 0.05) <= 0.12


def test_p_value_agrees_with_the_t_test_on_normal_data():
    after = np.random.default_rng(7).normal(0.05, 0.2, 80)
    expected = ttest_1samp(after, 0).pvalue
    assert metric_change(np.zeros(80), after, names(80), 1)["p_value"] == pytest.approx(expected, abs=0.02)


def test_benjamini_hochberg_by_hand():
    # sorted .01 .03 .2: times 3/1, 3/2, 3/3, then made monotone
    adjusted = adjust({"a": 0.03, "b": None, "c": 0.2, "d": 0.01})
    assert adjusted == {"a": pytest.approx(0.045), "b": None, "c": pytest.approx(0.2), "d": pytest.approx(0.03)}
    assert adjust({"a": None}) == {"a": None}


def test_wins():
    assert wins([0.1, 0.2, 0.3, 0.3], [0.2, 0.2, 0.1, 0.9]) == {"better": 2, "same": 1, "worse": 1}
