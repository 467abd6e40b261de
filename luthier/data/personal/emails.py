"""E-mail addresses as RFC 5322 and 6531 write them in running text: no quoted names, no domains in brackets.

Each is looked for from its @, so that a long text without one costs nothing.
"""

import re
from collections.abc import Iterator

from luthier.data.personal.found import Found

LONGEST_NAME = 64  # RFC 5321, 4.5.3.1.1

_NAME_BACKWARDS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]*+")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(?:(?:xn--[a-z0-9-]{2,59}|[a-z]{2,24})(?![a-z0-9_@])|[^\W\d_]{2,24}(?![\w@]))",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[!-~À-ɏ]+$")
"""Other scripts write no blank before a name in this one; a name that is all of theirs stays whole."""

_SPELT = re.compile(
    r"(?i) ?[(\[{] ?at ?[)\]}] ?((?:[a-z0-9-]{1,63} ?(?:[(\[{] ?dot ?[)\]}]|\.| dot ) ?){1,4}[a-z]{2,24})(?!\w)"
)
"""name (at) host (dot) com; the @ in brackets, or it would be any sentence."""

_OPENING = "!#$%&'*/=?^`{|}~.-"
"""May stand in a name, but before one they are rather marks of the sentence: 'a@b.c', `a@b.c`, {a@b.c}."""


def emails(text: str) -> Iterator[Found]:
    at = text.find("@")
    while at >= 0:
        if match := _DOMAIN.match(text, at + 1):
            start = _start(text, at)
            if start < at and text[at - 1] != ".":
                yield Found("email", start, match.end())
        at = text.find("@", at + 1)
    for match in _SPELT.finditer(text) if any(mark in text for mark in "([{") else ():
        start = _start(text, match.start())
        if start < match.start():
            yield Found("email", start, match.end())


def _start(text: str, at: int) -> int:
    """Where the name before `at` begins."""
    before = text[max(0, at - LONGEST_NAME) : at]
    match = _NAME_BACKWARDS.match(before[::-1])
    name = before[len(before) - (match.end() if match else 0) :]
    for sign in "/=":  # mailto=a@b.c, x/a@b.c: allowed, and not meant
        name = name.rpartition(sign)[2]
    if latin := _LATIN.search(name):
        name = latin.group()
    return at - len(name.lstrip(_OPENING))
