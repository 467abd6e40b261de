"""Texts of words as frequent as in natural language, for planting things in."""

import random


class Writer:
    """Always the same texts for a seed."""

    def __init__(self, seed: int, words: int = 3000):
        self.random = random.Random(seed)
        syllables = [first + vowel for first in "bcdfghklmnprstvw" for vowel in "aeiou"] + [
            "an",
            "er",
            "in",
            "on",
            "st",
        ]
        found: dict[str, None] = {}
        while len(found) < words:
            found["".join(self.random.choices(syllables, k=self.random.choice((1, 2, 2, 3, 3, 4))))] = None
        self.words = sorted(found, key=len)
        self.weights = [1 / (rank + 3) for rank in range(words)]

    def text(self, words: int) -> str:
        return " ".join(self.random.choices(self.words, self.weights, k=words))

    def changed(self, text: str, rate: float) -> str:
        """Each word is another one with a probability of `rate`."""
        return " ".join(
            self.random.choice(self.words) if self.random.random() < rate else word for word in text.split()
        )
