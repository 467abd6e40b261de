"""What the words before a number say it is."""

import re

REACH = 45
"""Characters before the number."""


def words(good: str, bad: str) -> re.Pattern[str]:
    """Two lists of alternatives, for `says`."""
    return re.compile(rf"(?i)(?P<good>{good})|(?P<bad>{bad})")


def says(pattern: re.Pattern[str], text: str, start: int) -> str:
    """`good`, `bad`, or nothing: the word that stands nearest before `start` counts."""
    told = ""
    for match in pattern.finditer(text[max(0, start - REACH) : start]):
        told = match.lastgroup or ""
    return told
