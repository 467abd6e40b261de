"""What languages the answers are in, by a sample."""

from collections import Counter
from typing import NamedTuple

SAMPLE = 5000
"""Rows that are looked at, evenly spread; each takes a quarter of a millisecond."""

CHARACTERS = 300
FEWEST_LETTERS = 20
"""Latin ones; a letter of another script tells as much as three of them."""

_LATIN = "\u024f"
UNKNOWN = "unknown"
"""The language of texts too short to tell."""


class Languages(NamedTuple):
    """Rows of the sample by ISO 639-1 code, the most frequent first."""

    sampled: int
    rows: dict[str, int]


def language_of(text: str) -> str:
    """By py3langid's model of byte sequences (Lui and Baldwin 2012), which comes with it."""
    from py3langid import classify

    beginning = text[:CHARACTERS]
    if sum((3 if letter > _LATIN else 1) for letter in beginning if letter.isalpha()) < FEWEST_LETTERS:
        return UNKNOWN
    return str(classify(beginning)[0])


class LanguageSample:
    def __init__(self, rows: int):
        self.step = max(1, rows // SAMPLE)
        self.left = SAMPLE
        self.counts: Counter[str] = Counter()

    def add(self, row: int, prompt: str, answer: str) -> None:
        """The answer's language; the prompt's where the answer is too short."""
        if row % self.step or not self.left:
            return
        self.left -= 1
        language = language_of(answer)
        self.counts[language_of(prompt) if language == UNKNOWN else language] += 1

    def found(self) -> Languages:
        return Languages(self.counts.total(), dict(self.counts.most_common()))
