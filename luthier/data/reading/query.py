"""Whether a text is one query that only reads, in whichever way a database may read it."""

import re
from collections.abc import Iterable
from itertools import combinations
from typing import NoReturn

from luthier.errors import DataError

_COMMENTS = r"(?P<comment>--[^\n]* | /\*.*?(?:\*/|\Z))"
_QUOTED = r"""(?P<text>'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`)"""
_OPTIONAL = (r"(?P<tag>\$\w*\$).*?(?P=tag)", r"\[[^\]\n]*\]", r"\#[^\n]*")
"""A text of PostgreSQL, a name of SQL Server, a comment of MySQL; code to the others, or a place to hide some."""


def _dialect(parts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join([_COMMENTS, _QUOTED, *parts]), re.VERBOSE | re.DOTALL)


_DIALECTS = [_dialect(parts) for count in range(4) for parts in combinations(_OPTIONAL, count)]
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|replace\s+into|drop|alter|create|truncate|grant|revoke|attach|detach|pragma|vacuum"
    r"|exec|execute|call|copy|into|load_extension|do|set)\b",
    re.IGNORECASE,
)
_TO_FILE = re.compile(r"\binto\s+(outfile|dumpfile)\b", re.IGNORECASE)
_TWO_WAYS = re.compile(r"""\\['"`]|/\*M?!""")
"""Databases disagree on where a text with \\' ends, and MySQL runs /*! … */: two ways to hide a statement."""
_OPEN_TO_DOUBT = re.compile(r"--(?=\S)|/\*(?=.*/\*)", re.DOTALL)
"""MySQL takes --1 for a number; PostgreSQL ends /* /* */ at the second */, others at the first."""

_READS = re.compile(r"[\s(]*(select|with)\b", re.IGNORECASE)


def check_query(text: str, where: str) -> str:
    """The query without a semicolon at its end. Raises DataError for anything but one SELECT that changes nothing."""
    if found := _TWO_WAYS.search(text):
        _refuse_doubt(found.group(), where)
    for dialect in _DIALECTS:
        _check_comments(text, dialect, where)
        _check_code(dialect.sub(lambda match: "''" if match.group("text") else " ", text), where)
    return _without_end(text)


def _check_comments(text: str, dialect: re.Pattern[str], where: str) -> None:
    for match in dialect.finditer(text):
        comment = match.group("comment") or ""
        if found := _OPEN_TO_DOUBT.match(comment):
            _refuse_doubt(f"{found.group()} without a space behind it" if comment[0] == "-" else "/* within /*", where)
        if found := _TO_FILE.search(comment):
            _refuse_word(" ".join(found.group().split()), where)


def _check_code(bare: str, where: str) -> None:
    if not bare.strip():
        raise DataError("the file holds no query", "", "Write one SELECT.", where)
    if ";" in bare.strip().rstrip("; \t\r\n"):
        raise DataError("the file holds several statements", "", "Write one SELECT.", where)
    if not _READS.match(bare):
        word = bare.split()[0][:40]
        raise DataError(f"the query begins with {word}", "Only SELECT and WITH are asked", "Write a SELECT.", where)
    if found := _WRITES.search(bare):
        _refuse_word(found.group(1), where)


def _refuse_doubt(what: str, where: str) -> NoReturn:
    fix = "Double a quote within a text, as in 'it''s'; write a comment as -- and a space, or leave it out."
    raise DataError(f"the query holds {what}", "Databases read it in different ways", fix, where)


def _refuse_word(word: str, where: str) -> NoReturn:
    fix = f'Write a query that only reads; a column of that name goes in quotes, as "{word}".'
    raise DataError(f"the query holds the word {word.upper()}", "It could change the database", fix, where)


def _without_end(text: str) -> str:
    """A semicolon in a comment behind the query stays where it is: databases read over it."""
    return text.strip().rstrip("; \t\r\n")
