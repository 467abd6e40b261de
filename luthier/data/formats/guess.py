"""The one clear pair of a table whose columns have names of their own: what is asked, and the answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from luthier.data.formats.layout import Layout
from luthier.data.formats.names import spaced, words
from luthier.data.formats.table import FORMATS
from luthier.errors import DataError

ASKING = (
    spaced("customer client user human requester visitor kunde cliente usuario"),
    spaced(
        "prompt instruction question query request input source src problem inquiry enquiry utterance complaint ask "
        "frage eingabe anfrage pregunta entrada"
    ),
    spaced(
        "text document article message content body context passage review sentence dialogue dialog email mail comment "
        "post description transcript ticket nachricht texto"
    ),
)
ANSWERING = (
    spaced("agent assistant bot chatbot support model operator gpt"),
    spaced(
        "completion output response answer reply target tgt solution resolution antwort ausgabe respuesta salida lösung"
    ),
    spaced(
        "summary label category class intent sentiment translation highlights headline tag abstract classification "
        "zusammenfassung kategorie"
    ),
)
"""Words in columns' names: who speaks, what it is called, what it may be called. The first kind decides."""

_NO_TEXT = spaced(
    "id ids uuid guid key url link href date time timestamp at count score rating number nr index hash lang language "
    "locale name phone"
)
"""Last words of columns that hold no text to learn from."""

_PLAIN_VALUE = re.compile(
    r"^\s*([+\-]?[\d.,:/\-\s%€$]+|\d{4}-\d\d-\d\d[T ][\d:.+Z\-]*|[0-9a-f]{8}-[0-9a-f-]{27}|https?://\S+)\s*$", re.I
)

Rows = Sequence[Mapping[str, Any]]


def guessed_pair(rows: Rows, columns: Mapping[str, str], path: str) -> Layout | None:
    """None without a pair. Raises DataError when two columns could be the same half of it."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    given = set(columns.values())
    ranked = {name: rank for name in names if name not in given and (rank := _rank(name, rows))}
    asks = _best(ranked, "ask")
    answers = _best(ranked, "answer")
    asks = [columns["prompt"]] if "prompt" in columns else asks
    answers = [columns["completion"]] if "completion" in columns else answers
    if not asks or not answers:
        return None
    if dolly := _with_context(ranked, asks, answers, columns):
        return dolly
    for found, half, field in ((answers, "answer", "completion"), (asks, "question", "prompt")):
        if len(found) > 1:
            raise _two(found, half, field, path)
    pair = {**columns, "prompt": asks[0], "completion": answers[0]}
    if set(columns) >= {"prompt", "completion"}:
        return Layout(FORMATS["prompt_completion"], pair)
    setting = "data.columns: {prompt: …, completion: …}"
    guess = f'read "{asks[0]}" → "{answers[0]}" (a guess; set {setting} if it is wrong)'
    return Layout(FORMATS["prompt_completion"], pair, guess)


def _with_context(
    ranked: Mapping[str, tuple[str, int]], asks: list[str], answers: list[str], columns: Mapping[str, str]
) -> Layout | None:
    """An instruction with a further text it is about, as in Dolly, is the layout alpaca by other names."""
    extra = [
        name for name, (half, _) in ranked.items() if half == "ask" and words(name)[-1:] in (("context",), ("input",))
    ]
    if "instruction" not in ranked or len(answers) != 1 or len(extra) != 1 or columns:
        return None
    if [name for name in asks if name not in ("instruction", *extra)]:
        return None
    setting = "data.columns: {instruction: …, input: …, output: …}"
    guess = f'read "instruction" with "{extra[0]}" → "{answers[0]}" (a guess; set {setting} if it is wrong)'
    found = {"instruction": "instruction", "input": extra[0], "output": answers[0]}
    return Layout(FORMATS["alpaca"], found, guess)


def _two(found: list[str], half: str, field: str, path: str) -> DataError:
    listed = ", ".join(f'"{name[:60]}"' for name in found[:5])
    which = found[0].replace("\\", "\\\\").replace('"', '\\"')
    fix = f'Say which: set data.columns.{field}: "{which}"'
    return DataError(f"two columns could be the {half}: {listed}", "Only one can be learned", fix, path)


def _best(ranked: Mapping[str, tuple[str, int]], half: str) -> list[str]:
    """Names of the strongest kind for one half of the pair."""
    ranks = {name: rank for name, (side, rank) in ranked.items() if side == half}
    return [name for name, rank in ranks.items() if rank == max(ranks.values())]


def _rank(name: str, rows: Rows) -> tuple[str, int] | None:
    """Which half of a pair a column may be, and how strongly: 2, or 1 for names that may mean other things too."""
    spoken = words(name)
    if not spoken or spoken[-1] in _NO_TEXT:
        return None
    for level, (asking, answering) in enumerate(zip(ASKING, ANSWERING, strict=True)):
        sides = {"ask": any(w in asking for w in spoken), "answer": any(w in answering for w in spoken)}
        if all(sides.values()):
            return None
        if any(sides.values()):
            side = "ask" if sides["ask"] else "answer"
            only_a_person = level == 0 and len(spoken) == 1
            label = level == 2 and side == "answer"
            return (side, 1 if level == 2 else 2) if label or _is_text(name, rows, only_a_person) else None
    return None


def _is_text(name: str, rows: Rows, spoken: bool) -> bool:
    """`spoken`: more than names have to be in it."""
    values = [value for row in rows if (value := row.get(name)) is not None and value != ""]
    texts = [value for value in values if isinstance(value, str) and not _PLAIN_VALUE.match(value[:200])]
    if not values or len(texts) * 2 < len(values):
        return False
    return not spoken or sum(len(text.split()) > 2 for text in texts) * 10 >= len(texts) * 3
