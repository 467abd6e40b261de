"""Whether a text is one query that only reads."""

import re

from luthier.errors import DataError

_APART = re.compile(
    r"""
    --[^\n]* | /\*.*?(?:\*/|\Z) |                      # comments
    (?P<text>'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]\n]*\] |
    (?P<tag>\$\w*\$).*?(?P=tag))                        # texts and names in quotes
    """,
    re.VERBOSE | re.DOTALL,
)
_WRITES = re.compile(
    r"\b(insert|update|delete|merge|replace\s+into|drop|alter|create|truncate|grant|revoke|attach|detach|pragma|vacuum"
    r"|exec|execute|call|copy|into|load_extension|do|set)\b",
    re.IGNORECASE,
)
_TWO_WAYS = re.compile(r"""\\['"`]|/\*!""")
"""Databases disagree on where a text with \\' ends, and MySQL runs /*! … */: two ways to hide a statement."""

_READS = re.compile(r"[\s(]*(select|with)\b", re.IGNORECASE)


def check_query(text: str, where: str) -> str:
    """The query without a semicolon at its end. Raises DataError for anything but one SELECT that changes nothing."""
    if found := _TWO_WAYS.search(text):
        fix = "Double a quote within a text, as in 'it''s', and leave such comments out."
        raise DataError(f"the query holds {found.group()}", "Databases read it in different ways", fix, where)
    bare = _APART.sub(lambda match: "''" if match.group("text") else " ", text)
    if not bare.strip():
        raise DataError("the file holds no query", "", "Write one SELECT.", where)
    if ";" in bare.strip().rstrip("; \t\r\n"):
        raise DataError("the file holds several statements", "", "Write one SELECT.", where)
    if not _READS.match(bare):
        word = bare.split()[0][:40]
        raise DataError(f"the query begins with {word}", "Only SELECT and WITH are asked", "Write a SELECT.", where)
    if found := _WRITES.search(bare):
        fix = f'Write a query that only reads; a column of that name goes in quotes, as "{found.group(1)}".'
        what = f"the query holds the word {found.group(1).upper()}"
        raise DataError(what, "It could change the database", fix, where)
    return _without_end(text)


def _without_end(text: str) -> str:
    """A semicolon in a comment behind the query stays where it is: databases read over it."""
    return text.strip().rstrip("; \t\r\n")
