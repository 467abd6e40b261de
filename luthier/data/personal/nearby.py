"""What the words before a number say it is."""

import re
from typing import NamedTuple

FAR, NEAR = 45, 20
"""Characters before the number within which a good word counts, and a bad one."""

_BETWEEN = re.compile(r"[^\w.!?]|_")
_SENTENCE_ENDS = re.compile(r"[!?] |\w{4}\. ")


class Words(NamedTuple):
    """Beginnings or parts of words in small letters; a blank stands for the edge of a word."""

    good: tuple[str, ...]
    bad: tuple[str, ...]


def words(good: str, bad: str) -> Words:
    """Two lists, by comma."""
    return Words(tuple(good.split(",")), tuple(bad.split(",")))


def says(which: Words, text: str, start: int) -> str:
    """`good`, `bad`, or nothing: the word that stands nearest before `start` counts; a bad one in its sentence only."""
    before = _BETWEEN.sub(" ", f" {text[max(0, start - FAR) : start]} ").lower()
    bad = max(map(before.rfind, which.bad))
    if bad >= 0 and (len(before) - bad > NEAR + 10 or _SENTENCE_ENDS.search(before, bad)):
        bad = -1
    good = max(map(before.rfind, which.good))
    return "" if good == bad else "good" if good > bad else "bad"
