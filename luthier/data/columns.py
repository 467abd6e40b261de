"""What the columns of an unknown table may be: texts to ask and to answer with, and who speaks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from luthier.data.formats.message_table import table_layout

MANY = 0.5
"""Share of the rows in which a column has to hold a text."""

MOST_AUTHORS = 9

_ANSWERS = "completion answer reply response output label category target summary agent solution code class topic"
_QUESTIONS = "prompt question input text message request body subject document ticket customer instruction"


def text_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns that hold a text that is no number in most rows, in the order of the file."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(name for name, value in row.items() if isinstance(value, str) and _is_text(value))
    return [name for name in _names(rows) if counts[name] >= MANY * len(rows)]


def pair(texts: Sequence[str]) -> tuple[str, str]:
    """The likeliest question and answer among at least two columns."""
    answer = max(texts, key=lambda name: (_score(name, _ANSWERS) - _score(name, _QUESTIONS), texts.index(name)))
    rest = [name for name in texts if name != answer]
    return max(rest, key=lambda name: (_score(name, _QUESTIONS), -rest.index(name))), answer


def authors(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who speaks in a table of single messages, the most frequent first; empty where it is none."""
    layout = table_layout(rows, {})
    column = layout["author"] if layout else "user" if rows and "ts" in rows[0] else None  # the latter: Slack
    spoken = Counter(str(row[column]).strip() for row in rows if row.get(column)) if column else Counter()
    return [name for name, _ in spoken.most_common(MOST_AUTHORS)] if len(spoken) > 1 else []


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list({name: None for row in rows for name in row})


def _is_text(value: str) -> bool:
    return any(character.isalpha() for character in value)


def _score(name: str, words: str) -> int:
    return sum(word in name.casefold() for word in words.split())
