"""Digits, dashes and blanks of other scripts as plain ones, each character for one: places in a text stay the same."""

import re

_DIGITS: dict[int, str] = {
    first + digit: str(digit) for first in (0x0660, 0x06F0, 0x0966, 0xFF10) for digit in range(10)
}
"""Arabic, Persian, Hindi and full-width."""

_SIGNS = str.maketrans(
    "\u2010\u2011\u2012\u2013\u2212\uff0d\u00a0\u2007\u2009\u202f\u3000\uff0b\uff08\uff09\uff20\uff0e\uff1a\uff1d",
    "------     +()@.:=",
)
_TABLE: dict[int, str | int | None] = {**_DIGITS, **_SIGNS}
_STRANGE = re.compile(f"[{''.join(map(chr, _TABLE))}]")


def plain(text: str) -> str:
    return text.translate(_TABLE) if not text.isascii() and _STRANGE.search(text) else text
