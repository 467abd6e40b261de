"""Words that look Latin and are not: pаypal with a Cyrillic а."""

import re

_ALIKE = "асеорхуіјѕԁһАВЕЅІЈКМНОРСТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
"""Cyrillic and Greek letters that look like Latin ones."""

_WORD = re.compile(rf"\b[A-Za-z{_ALIKE}]{{3,}}\b")
_LATIN = re.compile("[A-Za-z]")
_FOREIGN = re.compile(f"[{_ALIKE}]")


def homoglyphs(text: str) -> bool:
    """Whether a word of Latin letters has others among them that look the same."""
    if text.isascii() or not _FOREIGN.search(text):
        return False
    return any(_LATIN.search(word) and _FOREIGN.search(word) for word in _WORD.findall(text))
