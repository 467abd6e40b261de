"""A number for how good the data looks, and what it is made of."""

from math import log
from typing import TYPE_CHECKING, NamedTuple

from luthier.data.inspection.sizes import NAMES, SIZES

if TYPE_CHECKING:
    from luthier.data.inspection.survey import Survey

WEIGHTS = {"accuracy": 0.3, "consistency": 0.25, "coverage": 0.15, "recency": 0.1, "diversity": 0.2}

WRONG = ("mojibake", "invisible", "encoded", "homoglyphs", "html", "refusal", "loop", "truncated", "echo", "outlier")
"""Flaws for which a row is not counted as accurate."""


class Part(NamedTuple):
    """`value` and `target` are shares (0 to 1); no value where nothing could be measured. `how`: in words."""

    value: float | None
    target: float
    how: str


class Quality(NamedTuple):
    """`score`: 0 to 100."""

    score: int
    parts: dict[str, Part]


def quality(told: "Survey", faulty: int) -> Quality:
    """100 × Σ weight · min(1, value / target) / Σ weight, over the parts that can be measured.

    Weights: accuracy 0.3, consistency 0.25, coverage 0.15, recency 0.1, diversity 0.2. Targets: accuracy 95 %,
    consistency 90 %, half of the rows younger than six months, coverage of the task's minimum, 70 % unlike rows.
    Weights, and the targets of coverage and diversity, are a convention: the score ranks versions of one set, and
    promises nothing about a model. What is true cannot be seen in the data: accuracy is the share of rows without a
    visible flaw.
    """
    parts = {
        "accuracy": _accuracy(told, faulty),
        "consistency": _consistency(told),
        "coverage": _coverage(told),
        "recency": _recency(told),
        "diversity": _diversity(told),
    }
    measured = {name: min(1, part.value / part.target) for name, part in parts.items() if part.value is not None}
    weight = sum(WEIGHTS[name] for name in measured)
    return Quality(round(100 * sum(WEIGHTS[name] * share for name, share in measured.items()) / weight), parts)


def _accuracy(told: "Survey", faulty: int) -> Part:
    wrong = {row for name in WRONG for row in told.flawed.get(name, ())}
    value = 1 - (len(wrong) + faulty) / max(1, told.rows + faulty)
    how = "Share of all rows that can be read and show no flaw of encoding or answer; what is true was not checked."
    return Part(round(value, 4), 0.95, how)


def _consistency(told: "Survey") -> Part:
    value = 1 - len(told.flawed.get("conflict", ())) / max(1, told.rows)
    return Part(round(value, 4), 0.9, "Share of the rows whose prompt no other row answers differently.")


def _coverage(told: "Survey") -> Part:
    sizes = SIZES[told.task]
    scale = log(1 + sizes.good)
    value = min(1, log(1 + told.rows) / scale)
    how = f"log(1 + rows) / log(1 + {sizes.good:,}), the rows that are good for {NAMES[told.task]}; the target is that"
    how += f" of {sizes.minimum:,} rows."
    if told.labels:
        value *= told.labels.evenness
        how += " Times how evenly the rows are spread over the labels (entropy)."
    return Part(round(value, 4), round(log(1 + sizes.minimum) / scale, 4), how)


def _recency(told: "Survey") -> Part:
    value = None if told.recency is None else round(1 - told.recency.old, 4)
    how = "Share of the dated rows that are at most six months old." if told.recency else "No row has a time."
    return Part(value, 0.5, how)


def _diversity(told: "Survey") -> Part:
    if told.labels:
        return Part(told.distinct_prompts, 0.7, "Clusters of related prompts by rows.")
    if told.task == "domain_adaptation":
        return Part(told.distinct_answers, 0.7, "Clusters of related texts by rows.")
    value = (told.distinct_prompts + told.distinct_answers) / 2
    return Part(round(value, 4), 0.7, "Clusters of related prompts, and of related answers, by rows; their mean.")
