"""Transcripts: `User: …` and `Assistant: …`, line by line."""

import re
from collections.abc import Iterable, Iterator

from luthier.data.reading.lines import Line
from luthier.data.reading.texts.block import block, filled, is_blank, text_of
from luthier.data.reading.texts.marks import is_rule
from luthier.data.record import Fault, Record

SPEAKERS = {
    "system": "system",
    **dict.fromkeys(("user", "human", "customer", "client", "visitor", "caller", "kunde", "nutzer"), "user"),
    **dict.fromkeys(("assistant", "ai", "bot", "agent", "chatgpt", "gpt", "model", "chatbot"), "assistant"),
    **dict.fromkeys(("support", "advisor", "operator", "assistent", "berater"), "assistant"),
}
"""Who is taken for whom."""

_TURN = re.compile(
    rf"\s*(?:#+\s+)?(\*\*|__)?({'|'.join(SPEAKERS)})(\*\*|__)?\s*:(\*\*|__)?(?:\s+(.*))?$", re.IGNORECASE
)


def looks_like(sample: list[Line]) -> bool:
    """It begins with a speaker, and both sides speak."""
    filled = [line for line in sample if not is_blank(line) and not is_rule(line)]
    heard = [_speaker(line) for line in filled]
    return bool(heard) and heard[0] is not None and {"user", "assistant"} <= set(heard)


def read(lines: Iterable[Line], sample: list[Line]) -> Iterator[Record | None]:
    """One record a conversation. A rule parts conversations; so do two blank lines, or one where answers never
    stand behind one, if the first to speak speaks again. A system prompt begins one too.
    """
    needed = _blanks_needed(sample)
    kept: list[Line] = []
    first, blanks, answered = None, 0, False
    for line in lines:
        if is_rule(line):
            if filled(kept):
                yield _conversation(kept)
            kept, first, blanks, answered = [], None, 0, False
            continue
        if is_blank(line):
            blanks += 1
        elif who := _speaker(line):
            again = who == first and blanks >= needed
            if kept and answered and (again or who == "system"):
                yield _conversation(kept)
                kept, first, answered = [], None, False
            first = first or who
            answered = answered or who == "assistant"
        if not is_blank(line):
            blanks = 0
        kept.append(line)
    if filled(kept):
        yield _conversation(kept)


def _conversation(lines: list[Line]) -> Record | None:
    turns: list[tuple[str, list[str]]] = []
    fault = None
    for line in lines:
        if who := _speaker(line):
            turns.append((who, [_said(line)]))
        elif turns:
            turns[-1][1].append(line.text)
        elif not is_blank(line):
            what = f'no one speaks in "{text_of([line])[:40]}"'
            why = f"A turn begins with its speaker: {', '.join(sorted(SPEAKERS))}"
            fault = fault or Fault("no_speaker", what, why, "Write who speaks before it, or take it out")
    messages = [{"role": who, "content": "\n".join(said).strip()} for who, said in turns]
    return block(lines, {"messages": messages}, fault)


def _speaker(line: Line) -> str | None:
    found = _TURN.match(line.text)
    return SPEAKERS[found.group(2).lower()] if found else None


def _said(line: Line) -> str:
    found = _TURN.match(line.text)
    return (found.group(5) or "") if found else line.text


def _blanks_needed(sample: list[Line]) -> int:
    """How many blank lines part two conversations: two where one stands before answers as well."""
    blank = heard = False
    for line in sample:
        if is_rule(line):
            heard = False
        elif who := _speaker(line):
            if blank and heard and who == "assistant":
                return 2
            heard = True
        blank = is_blank(line)
    return 1
