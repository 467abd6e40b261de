"""How sure a difference is: paired, over the examples, with rows of one group counted together.

Every change is a ratio of sums over the independent units: the mean difference of a metric is sum(after - before) /
sum(rows), the change of the log-perplexity is sum(NLL after - NLL before) / sum(tokens). A unit is a group of rows that
share a source; a row without relatives is a unit of its own. Method: Miller 2024, "Adding Error Bars to Evals"
(arXiv 2411.00640): paired differences, clustered by what the questions share.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

RESAMPLES = 9999
AT_ONCE = 4_000_000
"""Resampled values that are held at a time, 32 MB."""

CONFIDENCE = 0.95
POWER = 0.8

Change = dict[str, Any]
"""{value, value_kind, ci_low, ci_high, p_value, n, units, changed, reason}: None, never NaN, where `reason` says why.

`units` are independent, `changed` of them differ at all."""

Bounds = tuple[float | None, float | None, str]
"""Low and high end of an interval, and what there is to say about it."""


def metric_change(before: ArrayLike, after: ArrayLike, groups: list[str], seed: int, pass_fail: bool = False) -> Change:
    """Mean of after - before, absolute. `before`, `after`: (rows,) scores of the same rows; `groups`: one name a row.

    The interval (95 %) is a BCa bootstrap over the units, the p-value that of a sign-flip permutation test. When the
    metric is pass/fail, the p-value is McNemar's over the units, and the interval is widened to where that exact test
    would still see zero: a bootstrap of a few ones among zeros is too sure of itself.
    """
    difference = np.asarray(after, float) - np.asarray(before, float)
    sums, sizes = _units(groups, difference, np.ones_like(difference))
    low, high, reason = _interval(sums, sizes, seed)
    p_value = sign_flip(sums, seed)
    if pass_fail and low is not None and high is not None:
        (exact_low, exact_high), p_value = mcnemar(sums, len(difference))
        low, high = min(low, exact_low), max(high, exact_high)
    return _change(sums, sizes, (low, high, reason), p_value) | {"value_kind": "absolute", "n": len(difference)}


def perplexity_change(
    nll_before: ArrayLike, nll_after: ArrayLike, tokens: ArrayLike, groups: list[str], seed: int
) -> Change:
    """Relative change of the token-weighted perplexity: exp(change of the mean NLL) - 1; -0.3 is 30 % lower.

    All arrays are (rows,): sums of NLL in nats and numbers of tokens, the same tokens before and after.
    """
    difference = np.asarray(nll_after, float) - np.asarray(nll_before, float)
    sums, sizes = _units(groups, difference, np.asarray(tokens, float))
    change = _change(sums, sizes, _interval(sums, sizes, seed), sign_flip(sums, seed))
    for key in ("value", "ci_low", "ci_high"):
        change[key] = None if change[key] is None else float(np.expm1(change[key]))
    return change | {"value_kind": "relative", "n": len(difference)}


def mcnemar(sums: NDArray[np.float64], rows: int) -> tuple[tuple[float, float], float]:
    """Exact McNemar test: `sums` (units,) of what each of `rows` did: +1 became right, -1 became wrong, 0 stayed.

    Given how many units changed, the number that became better is binomial, with 1/2 if nothing is better. Its
    Clopper-Pearson interval, put back on the scale of the mean difference, excludes zero exactly when p < 0.05.
    """
    better, changed = int((sums > 0).sum()), int((sums != 0).sum())
    if not changed:
        return (0.0, 0.0), 1.0
    test = stats.binomtest(better, changed)
    share = test.proportion_ci(CONFIDENCE, method="exact")
    low, high = ((2 * float(end) - 1) * float(np.abs(sums).sum()) / rows for end in share)
    return (low, high), float(test.pvalue)


def sign_flip(sums: NDArray[np.float64], seed: int) -> float | None:
    """Two-sided permutation test: were nothing changed, each unit's sum could as well have the other sign."""
    if len(sums) < 2:
        return None
    result = stats.permutation_test(
        (sums, np.zeros_like(sums)),
        lambda after, before, axis: np.sum(after - before, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=_at_once(sums),
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)


def detectable(before: ArrayLike, after: ArrayLike, groups: list[str]) -> float | None:
    """The true mean difference that so many rows would show (p < 0.05) four times out of five.

    (z(0.975) + z(0.8)) times the clustered standard error of the observed differences; None for fewer than two units
    or when all differences are equal.
    """
    difference = np.asarray(after, float) - np.asarray(before, float)
    sums, sizes = _units(groups, difference, np.ones_like(difference))
    units = len(sums)
    if units < 2:
        return None
    residuals = sums - sizes * difference.mean()
    error = np.sqrt(units / (units - 1) * (residuals**2).sum()) / sizes.sum()
    z = stats.norm.ppf((1 + CONFIDENCE) / 2) + stats.norm.ppf(POWER)
    return float(z * error) if error > 1e-12 else None


def adjust(p_values: dict[str, float | None]) -> dict[str, float | None]:
    """Benjamini-Hochberg over those that are there: the share of false finds among what is called a find."""
    names = [name for name, p_value in p_values.items() if p_value is not None]
    adjusted = stats.false_discovery_control([p_values[name] for name in names]) if names else []
    return dict.fromkeys(p_values, None) | dict(zip(names, map(float, adjusted), strict=True))


def wins(before: ArrayLike, after: ArrayLike) -> dict[str, int]:
    """Rows that became better, stayed the same, became worse."""
    sign = np.sign(np.round(np.asarray(after, float) - np.asarray(before, float), 9))
    return {"better": int((sign > 0).sum()), "same": int((sign == 0).sum()), "worse": int((sign < 0).sum())}


def _units(groups: list[str], *values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Sums of each array over the rows of a group, (units,), in the order of the groups' names."""
    _, unit = np.unique(groups, return_inverse=True)
    return [np.bincount(unit, weights=array).astype(float) for array in values]


def _change(sums: NDArray[np.float64], sizes: NDArray[np.float64], bounds: Bounds, p_value: float | None) -> Change:
    low, high, reason = bounds
    value = float(sums.sum() / sizes.sum())
    units = {"units": len(sums), "changed": int((np.abs(sums) > 1e-12).sum())}
    return {"value": value, "ci_low": low, "ci_high": high, "p_value": p_value, **units, "reason": reason}


def _interval(sums: NDArray[np.float64], sizes: NDArray[np.float64], seed: int) -> Bounds:
    """Bootstrap interval of sum(sums) / sum(sizes) over the units."""
    if len(sums) < 2:
        return None, None, "an interval needs two independent examples or more"
    ratios = sums / sizes
    if np.ptp(ratios) < 1e-12:  # resampling has nothing to vary
        same = "identical: no example changed" if abs(ratios[0]) < 1e-12 else "every example changed by the same amount"
        return float(ratios[0]), float(ratios[0]), same
    low, high = _bootstrap(sums, sizes, seed, "BCa")
    if not np.isfinite([low, high]).all():  # too few distinct resamples for the correction
        low, high = _bootstrap(sums, sizes, seed, "percentile")
    return float(low), float(high), ""


def _bootstrap(sums: NDArray[np.float64], sizes: NDArray[np.float64], seed: int, method: Any) -> tuple[float, float]:
    interval = stats.bootstrap(
        (sums, sizes),
        lambda top, bottom, axis: top.sum(axis) / bottom.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=_at_once(sums),
        confidence_level=CONFIDENCE,
        method=method,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return interval.low, interval.high


def _at_once(units: NDArray[np.float64]) -> int:
    """Resamples that are drawn together, so that memory does not grow with the units."""
    return max(1, AT_ONCE // len(units))
