"""Questions with answers: `Q: …` and `A: …`."""

import re
from collections.abc import Iterable, Iterator

from luthier.data.reading.lines import Line
from luthier.data.reading.texts.block import block, filled, is_blank, text_of
from luthier.data.reading.texts.marks import Fence, is_rule
from luthier.data.record import Fault, Record

_PART = re.compile(
    r"\s*(?:[-*]\s+)?(?:#+\s+)?(\*\*|__)?"
    r"(?:(Q|F|(?i:Question|Frage))|(A|(?i:Answer|Antwort)))"
    r"(?:\s*#?\d+)?(?:\*\*|__)?(?::|(?<=\d)[.)])(?:\*\*|__)?(?:\s+(.*))?$"
)
_HEADING = re.compile(r" {0,3}#{1,6}\s+\S")


def looks_like(sample: list[Line]) -> bool:
    """A question is the first thing but for headings, and an answer follows."""
    found = [_part(line) for line in sample if not is_blank(line) and (_part(line) or not _is_heading(line))]
    return found[:1] == ["question"] and "answer" in found


def read(lines: Iterable[Line]) -> Iterator[Record | None]:
    """One record a question. Headings and rules between questions belong to none and count as blank."""
    kept: list[Line] = []
    fence = Fence()
    for line in lines:
        if fence.holds(line):
            kept.append(line)
            continue
        if _part(line) == "question" and filled(kept):
            yield _pair(kept)
            kept = []
        if not _part(line) and _is_heading(line):
            if filled(kept):
                yield _pair(kept)
            kept = []
            yield None
            continue
        kept.append(line)
    if filled(kept):
        yield _pair(kept)


def _pair(lines: list[Line]) -> Record | None:
    parts: dict[str, list[str]] = {"question": [], "answer": []}
    fault, part = None, ""
    for line in lines:
        now = _part(line)
        if now == "answer" and part == "answer":
            fault = fault or Fault("two_answers", "the question has two answers", "", "Keep the better one")
        part = now or part
        if part:
            parts[part].append(_said(line) if now else line.text)
        elif not is_blank(line):
            what = f'"{text_of([line])[:40]}" belongs to no question'
            fault = fault or Fault("no_question", what, "A row begins with its question, as Q: …", "Take it out")
    value = {name: "\n".join(texts).strip() for name, texts in parts.items()}
    return block(lines, value, fault)


def _part(line: Line) -> str:
    found = _PART.match(line.text)
    if not found:
        return ""
    return "question" if found.group(2) else "answer"


def _said(line: Line) -> str:
    """What stands behind the mark; `**Q: so?**` is bold as a whole, which is no part of the text."""
    found = _PART.match(line.text)
    said = (found.group(4) or "") if found else line.text
    bold = found.group(1) if found else None
    return said.rstrip().removesuffix(bold) if bold and said.count(bold) % 2 else said


def _is_heading(line: Line) -> bool:
    return bool(_HEADING.match(line.text)) or is_rule(line)
