"""Plain text and Markdown, in whatever layout the beginning of the file shows."""

from collections.abc import Iterator
from itertools import chain

from luthier.data.reading.lines import Line, lines
from luthier.data.reading.source import Source
from luthier.data.reading.texts import chatml, markdown, passages, questions, transcript, whatsapp
from luthier.data.record import Record

LOOKED_AT = 1 << 16
"""Bytes from which the layout is seen."""

MARKDOWN = (".md", ".markdown")


def read_text(source: Source) -> Iterator[Record | None]:
    """Each line that is not blank is in one row, but for rules, headings between questions and front matter."""
    rest = lines(source)
    sample = _sample(rest)
    every = chain(sample, rest)
    if chatml.looks_like(sample):
        yield from chatml.read(every, sample)
    elif whatsapp.looks_like(sample):
        yield from whatsapp.read(every, whatsapp.days_first(lines(source)))
    elif transcript.looks_like(sample):
        yield from transcript.read(every, sample)
    elif questions.looks_like(sample):
        yield from questions.read(every)
    elif source.kind in MARKDOWN and markdown.looks_like(sample):
        yield from markdown.read(every, title(source))
    else:
        yield from passages.read(every, title(source))


def title(source: Source) -> str:
    """The file's name in words."""
    stem = source.path.name.partition(".")[0] or source.path.name
    return stem.replace("_", " ").strip()


def _sample(rest: Iterator[Line]) -> list[Line]:
    sample, size = [], 0
    while size < LOOKED_AT and (line := next(rest, None)):
        sample.append(line)
        size += len(line.raw) + 1
    return sample
