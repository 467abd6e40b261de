"""Running text in passages of a length to learn from, cut where a reader would pause."""

import re
from collections.abc import Iterable, Iterator

from luthier.data.reading.lines import Line
from luthier.data.reading.texts.block import block, filled, is_blank, text_of
from luthier.data.record import Record

SHORTEST, LONGEST = 800, 2000
"""Bytes of a passage, about 200 to 500 tokens. The last one of a text may be shorter, a single word may be longer."""

_SENTENCE = re.compile(r"[.!?…]+[\"'”’»)\]]*\s+|[。！？]+")
_SPACE = re.compile(r"\s+")
_ENDED = re.compile(r"[.!?…。！？:;][\"'”’»)\]*_]*\s*$")


def read(lines: Iterable[Line], title: str) -> Iterator[Record | None]:
    """Rows {title, text}. A line longer than a passage is in several rows, each with its part of the line."""
    for passage in _passages(lines):
        yield block(passage, {"title": title, "text": text_of(passage)})


def cut(text: str) -> list[str]:
    """The same of a text that has no lines in a file."""
    lines = (Line(number, raw, len(raw)) for number, raw in enumerate(text.encode().split(b"\n"), start=1))
    return [text_of(passage) for passage in _passages(lines)]


def _passages(lines: Iterable[Line]) -> Iterator[list[Line]]:
    kept: list[Line] = []
    size = 0
    for piece in _pieces(lines):
        while kept and size + len(piece.raw) > LONGEST:
            end = _best_end(kept)
            if filled(kept[:end]):
                yield kept[:end]
            kept = kept[end:]
            size = sum(len(each.raw) + 1 for each in kept)
        kept.append(piece)
        size += len(piece.raw) + 1
    if filled(kept):
        yield kept


def _best_end(pieces: list[Line]) -> int:
    """How many of them make the passage: up to the last end of a paragraph, else of a sentence, else all."""
    size, sentence, paragraph = 0, 0, 0
    for index, piece in enumerate(pieces, start=1):
        size += len(piece.raw) + 1
        if size < SHORTEST:
            continue
        if is_blank(piece):
            paragraph = index
        elif _ENDED.search(piece.text):
            sentence = index
    return paragraph or sentence or len(pieces)


def _pieces(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines; one that is longer than a passage in sentences, a sentence that is longer still at spaces."""
    for line in lines:
        if len(line.raw) <= LONGEST or line.size > len(line.raw) or not _is_text(line):
            yield line
            continue
        for sentence in _parts(line.text, _SENTENCE):
            if len(sentence.encode()) <= LONGEST:
                yield _piece(line, sentence)
            else:
                yield from (_piece(line, words) for words in _packed(_parts(sentence, _SPACE)))


def _parts(text: str, end: re.Pattern[str]) -> Iterator[str]:
    begin = 0
    for match in end.finditer(text):
        yield text[begin : match.end()]
        begin = match.end()
    if begin < len(text):
        yield text[begin:]


def _packed(words: Iterable[str]) -> Iterator[str]:
    kept: list[str] = []
    size = 0
    for word in words:
        length = len(word.encode())
        if kept and size + length > LONGEST // 2:
            yield "".join(kept)
            kept, size = [], 0
        kept.append(word)
        size += length
    if kept:
        yield "".join(kept)


def _piece(line: Line, text: str) -> Line:
    raw = text.encode()
    return Line(line.number, raw, len(raw))


def _is_text(line: Line) -> bool:
    try:
        line.raw.decode()
    except UnicodeDecodeError:
        return False
    return True
