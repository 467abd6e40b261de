"""A kept failure for people: the same words in the terminal, in Prefect and in messages."""

from collections.abc import Iterator
from html import escape
from typing import Any

from luthier.failures.record import Record


def headline(record: Record) -> str:
    """`Out of memory on the GPU while training (train, attempt 2)`"""
    place = ", ".join(filter(None, (record["stage"], f"attempt {record['attempt']}" if record["attempt"] else "")))
    return f"{record['title']} ({place})" if place else record["title"]


def lines(record: Record) -> Iterator[tuple[str, str]]:
    """Pairs of a word and what it stands before."""
    yield "why", record["explanation"]
    yield "do", record["advice"].replace("`", "")
    yield "message", record["message"]
    yield "guide", record["guide"]
    for line in record["log"]:
        yield "log", line


def proposal(record: Record) -> str:
    """`training.learning_rate: 0.3 → 0.1`; empty where the spec is right as it is."""
    return ", ".join(f"{each['key']}: {shown(each['old'])} → {shown(each['new'])}" for each in record["change"])


def shown(value: Any) -> str:
    """As YAML has it."""
    if value is None:
        return "empty"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def markdown(record: Record) -> str:
    """For a page of Prefect. What comes from data or models is shown as it is, never as markup."""
    parts = [f"## {headline(record)}", record["explanation"], f"**What to do:** {record['advice']}"]
    if record["change"]:
        parts.append(f"**Proposed change:** `{proposal(record)}`")
    parts.append(f"Then: `{record['retry']}`. Guide: `{record['guide']}`")
    parts.append(_block(record["message"]))
    if record["log"]:
        parts += ["Last lines of the log:", _block("\n".join(record["log"]))]
    return "\n\n".join(parts)


def _block(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"
