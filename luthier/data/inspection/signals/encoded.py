"""Texts in a code: base64, hexadecimal, percent signs."""

import re

LONGEST_WORD = 64
"""Characters; hardly any word is as long, web addresses apart."""

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){8,}")
_HEXADECIMAL = re.compile(r"(?:\\x)?(?:[0-9A-Fa-f]{2}(?:\\x)?){32,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{60,}={0,2}")


def encoded(text: str) -> bool:
    """Whether a word of 64 characters or more looks like bytes in disguise; what it says cannot be checked."""
    long = [word for word in text.split() if len(word) >= LONGEST_WORD] if len(text) >= LONGEST_WORD else []
    return any(_is_code(word) for word in long if "://" not in word)


def _is_code(word: str) -> bool:
    if _PERCENT.search(word) or _HEXADECIMAL.search(word):
        return True
    found = _BASE64.search(word)
    return found is not None and _kinds(found[0]) == 3


def _kinds(text: str) -> int:
    """Of capitals, small letters and digits, how many kinds there are."""
    return sum(any(map(kind, text)) for kind in (str.isupper, str.islower, str.isdigit))
