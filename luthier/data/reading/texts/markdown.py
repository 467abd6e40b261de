"""Markdown: a heading with what stands below it is a row."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from luthier.data.reading.lines import Line
from luthier.data.reading.texts.block import block, filled, is_blank, text_of
from luthier.data.reading.texts.marks import Fence
from luthier.data.record import Record

FRONT_MATTER = 200
"""Lines that front matter may have."""

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_NO_TITLE = re.compile(r"\s*([-*+>|]|\d+[.)]\s|    )")


def looks_like(sample: list[Line]) -> bool:
    fence = Fence()
    lines = list(sample)
    after = lines[_front_matter(lines) :]
    return any(not fence.holds(line) and _heading(line, below) for line, below in _pairs(after))


def read(lines: Iterable[Line], title: str) -> Iterator[Record | None]:
    """Rows {prompt, completion}: the headings down to the section, and its text. A heading without text is blank.

    What stands before the first heading goes under `title`. Front matter counts as blank.
    """
    path: dict[int, str] = {}
    section: list[Line] = []
    body = 0  # lines of the heading
    ahead = iter(lines)
    start = list(islice(ahead, FRONT_MATTER))
    if skipped := _front_matter(start):
        yield None
    fence = Fence()
    underlined = False
    for line, below in _pairs(chain(start[skipped:], ahead)):
        if underlined:
            underlined, body = False, 2
            section.append(line)
            continue
        found = None if fence.holds(line) else _heading(line, below)
        if found:
            if filled(section):
                yield _section(section, body, path, title)
            level, text, underlined = found
            path = {above: name for above, name in path.items() if above < level} | {level: text}
            section, body = [], 1
        section.append(line)
    if filled(section):
        yield _section(section, body, path, title)


def _section(lines: list[Line], body: int, path: dict[int, str], title: str) -> Record | None:
    text = text_of(lines[body:])
    prompt = ": ".join(name for name in path.values() if name) or title
    return block(lines, {"prompt": prompt, "completion": text}) if text or not body else None


def _heading(line: Line, below: Line | None) -> tuple[int, str, bool] | None:
    """Level, text, and whether it is underlined by the next line."""
    text = line.text
    if found := _HEADING.fullmatch(text):
        return len(found.group(1)), _plain(found.group(2) or ""), False
    underline = _UNDERLINE.fullmatch(below.text) if below and not is_blank(line) and len(line.raw) < 300 else None
    if not underline or _NO_TITLE.match(text) or _UNDERLINE.fullmatch(text):
        return None
    return (1 if underline.group(1)[0] == "=" else 2), _plain(text), True


def _plain(text: str) -> str:
    return re.sub(r"\*\*|__|`", "", text).strip()


def _front_matter(lines: list[Line]) -> int:
    """How many lines of it the file begins with."""
    if not lines or lines[0].text.rstrip() != "---":
        return 0
    for index, line in enumerate(lines[1:FRONT_MATTER], start=1):
        if line.text.rstrip() in ("---", "..."):
            return index + 1
    return 0


def _pairs(lines: Iterable[Line]) -> Iterator[tuple[Line, Line | None]]:
    """Each line with the one below it."""
    ahead = iter(lines)
    line = next(ahead, None)
    while line is not None:
        below = next(ahead, None)
        yield line, below
        line = below
