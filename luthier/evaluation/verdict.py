"""Did training help? Decided by the interval of the primary metric, said in words."""

from typing import Any

from luthier.evaluation.statistics import Change

FEWEST_UNITS = 20
"""Below so many independent examples a bootstrap interval is too narrow to be trusted."""

FEWEST_CHANGED = 6
"""With fewer changed examples no sign-flip test can reach p < 0.05 (2 / 2**5 = 0.0625)."""

NEXT_STEPS = {
    "improved": "",
    "not_shown": "Hold out more test rows (data.split.test, more data), or train harder (training.preset: aggressive).",
    "worse": "Read the worst examples, check the training answers, and try training.preset: conservative.",
}


def decide(metric: str, change: Change, perplexity: Change, detectable: float | None) -> dict[str, Any]:
    """{label, reason, primary_metric, next_step}; label is improved, not_shown or worse.

    `change` and `perplexity` are tuned against base. Perplexity is mentioned but never decides: it says that the model
    fits the data, not that its answers are better.
    """
    too_few = _too_few(change)
    label = "not_shown" if too_few else _label(change)
    sentences = [too_few or _finding(metric, label, change)]
    if label == "not_shown":
        sentences += [_power(metric, change["n"], detectable), _fits(perplexity)]
    return {
        "label": label,
        "reason": " ".join(filter(None, sentences)),
        "primary_metric": metric,
        "next_step": NEXT_STEPS[label],
    }


def _label(change: Change) -> str:
    if change["ci_low"] > 0:
        return "improved"
    return "worse" if change["ci_high"] < 0 else "not_shown"


def _too_few(change: Change) -> str:
    if change["units"] < FEWEST_UNITS:
        return f"Too few examples to tell: {change['units']} independent test examples, {FEWEST_UNITS} are the least."
    if change["changed"] == 0:
        return f"The tuned model scores exactly as the base on each of the {change['n']} test examples."
    if change["changed"] < FEWEST_CHANGED:
        return f"Too few to tell: only {change['changed']} of {change['units']} independent test examples changed."
    return ""


def _finding(metric: str, label: str, change: Change) -> str:
    low, high = change["ci_low"], change["ci_high"]
    interval = f"95 % interval {low:+.3f} to {high:+.3f}"
    numbers = f"by {change['value']:+.3f} on average over {change['n']} test examples ({interval})"
    if label == "not_shown":
        return f"{metric} changed {numbers}; the interval includes zero, so this may be chance."
    direction = "rose" if label == "improved" else "fell"
    return f"{metric} {direction} {numbers}; the interval excludes zero."


def _power(metric: str, rows: int, detectable: float | None) -> str:
    if detectable is None:
        return ""
    return (
        f"{rows} examples like these would show a true change of {detectable:.3f} in {metric} four times out of five."
    )


def _fits(perplexity: Change) -> str:
    if perplexity["ci_high"] is None or perplexity["ci_high"] >= 0:
        return ""
    return (
        f"Perplexity fell by {-perplexity['value']:.0%}: the model fits your data better, "
        "which alone does not make its answers better."
    )
