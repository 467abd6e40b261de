"""Numbers as people read them. Every function says "not measured" for None."""

from typing import Any

MISSING = "not measured"
MINUS = "\N{MINUS SIGN}"

NAMES = {
    "perplexity": "Perplexity",
    "chrf": "chrF",
    "token_f1": "Token F1",
    "rouge_l": "ROUGE-L",
    "exact_match": "Exact match",
    "preferred": "Prefers the chosen answer",
}

Change = dict[str, Any]
"""{value, value_kind, ci_low, ci_high, …} of one metric, as the evaluation wrote it."""


def metric_name(key: str) -> str:
    return NAMES.get(key, key)


def number(value: float | None, digits: int = 3) -> str:
    return MISSING if value is None else f"{value:,.{digits}f}".replace("-", MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    return MISSING if value is None else f"{value:+,.{digits}f}".replace("-", MINUS)


def percent(value: float | None, digits: int = 0) -> str:
    """`value` is a share: 0.25 is 25 %."""
    return MISSING if value is None else f"{100 * value:.{digits}f} %".replace("-", MINUS)


def count(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f}"


def p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def seconds(value: float | None) -> str:
    if value is None:
        return MISSING
    if value < 60:
        return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def amount(change: Change, key: str = "value") -> str:
    """One end, or the middle, of a change in its own unit: −53.1 % or +0.084."""
    value = change.get(key)
    if value is None:
        return MISSING
    if change["value_kind"] == "relative":
        return f"{100 * value:+.1f} %".replace("-", MINUS)
    return signed(value)


def interval(change: Change) -> str:
    if change.get("ci_low") is None or change.get("ci_high") is None:
        return change.get("reason") or MISSING
    if change["ci_low"] == change["ci_high"]:
        return change.get("reason") or amount(change, "ci_low")
    return f"{amount(change, 'ci_low')} to {amount(change, 'ci_high')}"


def interval_words(change: Change) -> str:
    """The interval for someone who never saw one: "between 50.1 % and 56.2 % lower"."""
    low, high = change.get("ci_low"), change.get("ci_high")
    if low is None or high is None:
        return change.get("reason") or "no interval could be computed"
    if low == high:
        return change.get("reason") or "the same"
    if low < 0 < high:
        return f"between {_size(change, low)} lower and {_size(change, high)} higher"
    near, far = sorted((low, high), key=abs)
    direction = "higher" if far > 0 else "lower"
    return f"between {_size(change, near)} and {_size(change, far)} {direction}"


def _size(change: Change, value: float) -> str:
    return f"{100 * abs(value):.1f} %" if change["value_kind"] == "relative" else f"{abs(value):.3f}"
