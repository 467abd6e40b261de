"""What `luthier check` tells people of the data, a line a fact."""

from collections.abc import Iterator
from typing import Any

ADVICE = 8
LANGUAGES = 4
SIGNS = {"red": "!!", "yellow": "! ", "green": "  "}


def data_lines(found: dict[str, Any]) -> Iterator[str]:
    for source in found["sources"]:
        columns = ", ".join(
            field if field == name else f"{field} = {name!r}" for field, name in source["columns"].items()
        )
        weight = "" if source["weight"] == 1 else f", weight {source['weight']:g}"
        yield f"{source['name']}: read as {source['format']} ({columns}), {source['read']:,} rows{weight}"
    counts = f"{found['accepted']:,} accepted + {found['quarantined']:,} set aside + {found['blank']:,} blank"
    yield f"  {counts} = {found['read']:,} read"
    for reason, count in found["reasons"].items():
        yield f"    {count:,} × {reason}"
    for name, count in found["fixes"].items():
        if count:
            yield f"    {count:,} × mended: {name}"
    for warning in found["warnings"]:
        if warning["line"] is None:
            yield f"  warning: {warning['message']}"
    splits = found["splits"]
    repeated = (
        "" if sum(splits.values()) == found["accepted"] else " (rows repeated or left out by weights and balance)"
    )
    yield f"  split: {splits['train']:,} train{repeated}, {splits['validation']:,} validation, {splits['test']:,} test"
    yield from _contents(found)


def _contents(found: dict[str, Any]) -> Iterator[str]:
    tokens, task = found["tokens"], found["task"]
    yield (
        f"  tokens: {tokens['total']:,}, {tokens['trained']:,} of them learned; longest row {tokens['max']:,}, "
        f"{tokens['truncated']:,} rows cut at {tokens['max_length']:,}"
    )
    guess = "looks like" if task["guessed"] else "said to be"
    yield (
        f"  task: {guess} {task['guess']}; {task['minimum']:,} rows are a start, {task['good']:,} are good, "
        f"{task['rows']:,} are here"
    )
    if languages := found["languages"]["languages"]:
        named = ", ".join(f"{each['language']} {100 * each['share']:.0f} %" for each in languages[:LANGUAGES])
        yield f"  languages: {named} (of {found['languages']['sampled']:,} rows looked at)"
    for kind, told in found["personal"].items():
        yield f"  personal data: {told['found']:,} × {kind} in {told['rows']:,} rows ({told['policy']})"
    if quality := found["quality"]:
        parts = ", ".join(
            f"{name} {'–' if part['value'] is None else format(part['value'], '.0%')}"
            for name, part in quality["parts"].items()
        )
        yield f"  quality: {quality['score']} of 100 ({parts})"
    for each in found["advice"][:ADVICE]:
        yield f"  {SIGNS[each['level']]} {each['text']}"
    if (more := len(found["advice"]) - ADVICE) > 0:
        yield f"     … and {more} more on the data page"
