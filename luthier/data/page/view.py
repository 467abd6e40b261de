"""validation.json as the page needs it: every key there, faults by kind, bars as shares."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from luthier.data.page.next_steps import next_steps

ROWS_OF_A_KIND = 5
"""Faulty rows of one kind that are told; quarantine.jsonl has them all."""

WORST_OF_A_KIND = 3

KINDS = {
    "faulty": "Faulty",
    "conflict": "Contradiction",
    "flaw": "Flaw",
    "outlier": "Outlier",
    "duplicate": "Repetition",
    "longest": "Longest",
    "shortest": "Shortest",
    "sample": "Sample",
}
"""Kinds of examples, the worst first, and what people call them."""

LEVELS = {
    "critical": ("stop", "Must be mended"),
    "error": ("stop", "Must be mended"),
    "red": ("stop", "Must be mended"),
    "warning": ("look", "Worth a look"),
    "yellow": ("look", "Worth a look"),
    "amber": ("look", "Worth a look"),
    "good": ("fine", "Good"),
    "green": ("fine", "Good"),
}
"""Levels of advice: their sign and their word. Any other is a hint."""

_LISTS = ("sources", "errors", "warnings", "languages", "labels", "fields", "advice", "expectations")
_MAPS = ("columns", "reasons", "splits", "split_sha256", "tokens", "duplicates", "task", "personal", "fixes", "flaws")
_MORE_MAPS = ("recency", "quality", "approval")
_COUNTS = ("read", "accepted", "quarantined", "blank")
_SINGLE = ("ok", "source", "format", "test_rows_seen_in_train", "test_rows_near_train", "test_rows_seen_by")


def view(found: dict[str, Any], examples: list[dict[str, Any]]) -> dict[str, Any]:
    """What the templates read. What is missing in `found` is empty here, and its section is left out.

    examples: as they stand on the page.
    """
    empty: dict[str, Any] = {name: [] for name in _LISTS} | {name: {} for name in (*_MAPS, *_MORE_MAPS)}
    empty |= dict.fromkeys(_COUNTS, 0) | dict.fromkeys(_SINGLE)
    seen = empty | {name: value for name, value in found.items() if value is not None}
    seen["languages"] = _rows_of(seen["languages"])
    seen["faults"] = _faults(seen)
    seen["faulty_rows"] = sum(kind["rows"] for kind in seen["faults"])
    told_otherwise = {kind["code"] for kind in seen["faults"]} | ({"advice"} if seen["advice"] else set())
    seen["problems"] = _messages(seen["errors"], told_otherwise)
    seen["remarks"] = _messages(seen["warnings"], told_otherwise)
    seen["advice"] = [_advice(each) for each in seen["advice"]]
    seen["parts"] = [_part(name, part) for name, part in (seen["quality"].get("parts") or {}).items()]
    seen["expectations"] = sorted(seen["expectations"], key=lambda each: bool(each.get("success")))  # unmet ones first
    seen["gate_failed"] = sum(not each.get("success") for each in seen["expectations"])
    seen["kinds"] = _kinds(examples)
    seen["worst"] = _worst(examples)
    seen["next"] = next_steps(seen, bool(examples))
    return seen


def by_weight(examples: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The worst kinds first; within a kind as they came."""
    order = list(KINDS)
    return sorted(examples, key=lambda each: order.index(each["kind"]) if each.get("kind") in KINDS else len(order))


def _faults(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Faulty rows by kind, the most frequent first: {code, rows, told, more}."""
    told = defaultdict(list)
    for each in (*found["errors"], *found["warnings"]):
        if each.get("line") is not None:
            told[each.get("code") or "unknown"].append(each.get("message", ""))
    return [
        _kind_of_fault(code, found["reasons"].get(code) or len(told[code]), told[code])
        for code in _by_rows(told, found)
    ]


def _by_rows(told: dict[str, list[str]], found: dict[str, Any]) -> list[str]:
    return sorted(told, key=lambda code: -(found["reasons"].get(code) or len(told[code])))


def _kind_of_fault(code: str, rows: int, messages: list[str]) -> dict[str, Any]:
    shown = messages[:ROWS_OF_A_KIND]
    return {"code": code, "rows": rows, "told": shown, "more": rows - len(shown)}


def _messages(entries: list[dict[str, Any]], told_otherwise: set[str]) -> list[str]:
    """What is said of the data as a whole."""
    return [
        each.get("message", "")
        for each in entries
        if each.get("line") is None and each.get("code") not in told_otherwise
    ]


def _advice(each: dict[str, Any]) -> dict[str, str]:
    sign, word = LEVELS.get(str(each.get("level", "")).lower(), ("hint", "Hint"))
    return {"sign": sign, "word": word, "text": each.get("text", "")}


def _part(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """One part of the quality score; its bar is full where the target is reached."""
    value, target = part.get("value"), part.get("target")
    shares = all(each is None or 0 <= each <= 1 for each in (value, target))
    reached = None if value is None else min(max(value / target, 0), 1) if target else float(bool(value))
    return {
        "name": name,
        "value": value,
        "target": target,
        "how": part.get("how", ""),
        "shares": shares,
        "bar": reached,
    }


def _rows_of(languages: Any) -> list[dict[str, Any]]:
    """The languages' rows, whether or not they stand beside the number of rows that were sampled."""
    if isinstance(languages, dict):
        return next((value for value in languages.values() if isinstance(value, list)), [])
    return languages


def _worst(examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that can be learned from and stand out, a few of a kind, each with its number on the page."""
    taken: Counter[str] = Counter()
    worst = []
    for number, each in enumerate(examples, 1):
        kind = each.get("kind", "sample")
        taken[kind] += 1
        if kind not in ("sample", "faulty") and taken[kind] <= WORST_OF_A_KIND:
            worst.append({**each, "number": number, "called": KINDS.get(kind, kind)})
    return worst


def _kinds(examples: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """(kind, what people call it, examples of it), the worst first."""
    there = [each.get("kind", "sample") for each in examples]
    known = [kind for kind in KINDS if kind in there]
    return [(kind, KINDS.get(kind, kind), there.count(kind)) for kind in [*known, *sorted(set(there) - set(KINDS))]]
