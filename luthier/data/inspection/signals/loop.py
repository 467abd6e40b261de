"""Answers that go round in circles, as of a model that got stuck."""

import re

WORDS = 4
FEWEST = 24
"""Words; in shorter answers repetition is style."""

SHARE = 0.5

_CHARACTER = re.compile(r"([^\W_])\1{15}")
_SOUND = re.compile(r"[^\W_]")


def loop(answer: str) -> bool:
    """More than half of its sequences of four words occur before in it; or one letter sixteen times on end."""
    words = answer.lower().split()
    if len(words) >= FEWEST:
        words = [word for word in words if word[0].isalnum() or _SOUND.search(word)]  # rules of tables are none
        sequences = list(zip(words, words[1:], words[2:], words[3:], strict=False))
        if len(sequences) > FEWEST - WORDS and len(set(sequences)) < (1 - SHARE) * len(sequences):
            return True
    return any(len(word) >= 16 and _CHARACTER.search(word) for word in words)
