"""Kinds of questions at which the base is weaker than at the rest."""

import re
from collections import defaultdict
from collections.abc import Callable
from statistics import fmean, median
from typing import Any

import orjson

from luthier.rows import Row

FEWEST = 10
"""A kind, and the rest it is compared with, must have so many rows to be spoken of."""


MOST_VALUES = 12
"""A field with more values, such as a number, makes no kinds."""


def weak_kinds(rows: list[Row], scores: list[float], metric: str) -> list[str]:
    """Sentences, weakest kind first; empty when no kind stands out.

    A kind counts as weak when its scores are lower than the others' (one-sided Mann-Whitney test, Benjamini-Hochberg
    over all kinds tried, 5 %).
    """
    from scipy.stats import false_discovery_control, mannwhitneyu

    found = []
    for kind, belongs in _kinds(rows).items():
        inside = [score for row, score in zip(rows, scores, strict=True) if belongs(row)]
        rest = [score for row, score in zip(rows, scores, strict=True) if not belongs(row)]
        if min(len(inside), len(rest)) >= FEWEST:
            p_value = float(mannwhitneyu(inside, rest, alternative="less").pvalue)
            text = f"{kind}: {metric} {fmean(inside):.3f} against {fmean(rest):.3f} for the rest"
            found.append((p_value, fmean(inside), f"{text} ({len(inside)} of {len(rows)} rows)"))
    adjusted = false_discovery_control([p_value for p_value, *_ in found]) if found else []
    kept = [entry for entry, p_value in zip(found, adjusted, strict=True) if p_value <= 0.05]
    return [text for _, _, text in sorted(kept, key=lambda entry: entry[1])]


def _kinds(rows: list[Row]) -> dict[str, Callable[[Row], bool]]:
    asked = int(median(_length(row, -2) for row in rows))
    answer = int(median(_length(row, -1) for row in rows))
    return {
        f"questions of more than {asked} words": lambda row: _length(row, -2) > asked,
        f"questions of at most {asked} words": lambda row: _length(row, -2) <= asked,
        f"answers of more than {answer} words": lambda row: _length(row, -1) > answer,
        f"answers of at most {answer} words": lambda row: _length(row, -1) <= answer,
        "questions with a number": lambda row: bool(re.search(r"\d", row["messages"][-2]["content"])),
        "questions without a question mark": lambda row: "?" not in row["messages"][-2]["content"],
        "conversations of several turns": lambda row: sum(m["role"] == "user" for m in row["messages"]) > 1,
    } | _slices(rows)


def _slices(rows: list[Row]) -> dict[str, Callable[[Row], bool]]:
    """Rows by the values of their further fields: `rows whose topic is billing`."""
    values: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name, value in _meta(row).items():
            values[name].add(str(value))
    few = [(name, value) for name, found in values.items() if 1 < len(found) <= MOST_VALUES for value in sorted(found)]
    return {f"rows whose {name[:40]} is {value[:40]}": _slice(name, value) for name, value in few}


def _slice(name: str, value: str) -> Callable[[Row], bool]:
    return lambda row: str(_meta(row).get(name)) == value


def _meta(row: Row) -> dict[str, Any]:
    return orjson.loads(row.get("meta") or "{}")


def _length(row: Row, turn: int) -> int:
    return len(row["messages"][turn]["content"].split())
