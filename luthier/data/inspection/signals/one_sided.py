"""Rows of which one side says next to nothing."""

SHARE = 0.03
FEWEST = 200
"""Characters of the whole row; below, nothing can be told."""


def one_sided(prompt: int, answer: int) -> bool:
    """`prompt`, `answer`: their characters. Labels are meant to be short."""
    both = prompt + answer
    return both >= FEWEST and min(prompt, answer) < SHARE * both
