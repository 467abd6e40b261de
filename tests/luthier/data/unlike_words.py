"""Words that are near-duplicates of nothing."""

import hashlib


def word(number: int) -> str:
    """Always the same word for a number."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:24]
