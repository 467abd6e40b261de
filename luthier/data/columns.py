"""What the columns of an unknown table may be: texts to ask and to answer with, and who speaks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from luthier.data.formats.guess import guessed_pair
from luthier.data.formats.message_table import table_layout
from luthier.data.formats.names import spaced, words
from luthier.errors import DataError

MANY = 0.5
"""Share of the rows in which a column has to hold a text."""

MOST_AUTHORS = 9

_ANSWERS = "completion answer reply response output label category target summary agent solution code class topic"
_QUESTIONS = "prompt question input text message request body subject document ticket customer instruction"

_LATE = spaced("final last latest sent approved accepted corrected edited revised published human agent actual")
_EARLY = spaced(
    "draft first initial suggested suggestion proposed original old previous generated auto ai bot template"
)
"""Words that tell the answer that was given from the one before it."""

_PERSON = spaced(
    "agent author assignee owner operator representative rep employee staff sender creator handler assistant name by to"
)
"""Last words of columns that may hold nothing but who it was."""

_FEW_PEOPLE = 20
"""So many names are few in a small file too; in a larger one, half as many as rows."""

Rows = Sequence[Mapping[str, Any]]


def text_columns(rows: Rows) -> list[str]:
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


def candidates(rows: Rows, half: str) -> list[str]:
    """The columns that the engine's guess takes for "prompt" or "completion": more than one where it cannot tell."""
    best: list[str] = []
    for name in _names(rows):
        if _guessed([name], rows, half) is None:
            continue
        found = _guessed([best[0], name], rows, half) if best else name
        if found == name:
            best = [name]
        elif found == "":
            best.append(name)
    return best


def people(rows: Rows) -> list[str]:
    """Columns of few names of people: who answered, not what."""
    named = [name for name in _names(rows) if any(word in _PERSON for word in words(name)[-1:])]
    return [name for name in named if _are_people(name, rows)]


def lateness(name: str) -> int:
    """More for an answer that was sent, by its name, than for a draft of it."""
    spoken = words(name)
    return sum(word in _LATE for word in spoken) - sum(word in _EARLY for word in spoken)


def authors(rows: Rows) -> list[str]:
    """Who speaks in a table of single messages, the most frequent first; empty where it is none."""
    layout = table_layout(rows, {})
    column = layout["author"] if layout else "user" if rows and "ts" in rows[0] else None  # the latter: Slack
    spoken = Counter(str(row[column]).strip() for row in rows if row.get(column)) if column else Counter()
    return [name for name, _ in spoken.most_common(MOST_AUTHORS)] if len(spoken) > 1 else []


def _names(rows: Rows) -> list[str]:
    return list({name: None for row in rows for name in row})


def _guessed(names: Sequence[str], rows: Rows, half: str) -> str | None:
    """The engine's guess among these columns alone, the other half being known; "" where it cannot tell."""
    alone = [{name: row[name] for name in names if name in row} for row in rows]
    try:
        layout = guessed_pair(alone, {"prompt" if half == "completion" else "completion": ""}, "")
    except DataError:
        return ""
    return layout[half] if layout else None


def _are_people(name: str, rows: Rows) -> bool:
    values = [str(value).strip() for row in rows if (value := row.get(name)) is not None and value != ""]
    short = [value for value in values if _is_person(value.split())]
    few = max(_FEW_PEOPLE, len(values) // 2)
    return bool(values) and len(short) * 10 >= len(values) * 9 and len(set(short)) <= few


def _is_person(spoken: Sequence[str]) -> bool:
    return 1 <= len(spoken) <= 2 and all(word[0].isalpha() and not word[0].islower() for word in spoken)


def _is_text(value: str) -> bool:
    return any(character.isalpha() for character in value)


def _score(name: str, words: str) -> int:
    return sum(word in name.casefold() for word in words.split())
