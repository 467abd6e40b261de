"""Answers that were cut off."""

import re

LONG = 80
"""Characters from which an answer is expected to end like a sentence."""

_FENCE = "```"
_DANGLING = re.compile(
    r"[,;(\[{–]\s*$|\b(?:the|a|an|and|or|of|to|in|for|with|that|which|because|is|are|by|from|as|und|der|die|das|et|le|la"
    r"|de|el|los|y)\s*$",
    re.IGNORECASE,
)
_END = 20


def unfinished(answer: str) -> bool:
    """A fence of code that is left open; or a long answer that ends with a comma, an open bracket or a small word."""
    if answer.count(_FENCE) % 2:
        return True
    return len(answer) >= LONG and bool(_DANGLING.search(answer, len(answer) - _END))


def open_end(answer: str) -> bool:
    """Whether a long answer stops at a letter. Whether it is cut off, the ends of the others tell."""
    last = answer.rstrip()[-1:]
    return len(answer) >= LONG and last.isalpha() and not _other_end(answer)


def _other_end(answer: str) -> bool:
    """Lists, code, signatures and addresses end without a mark."""
    line = answer.rstrip().rsplit("\n", 1)[-1].strip()
    return len(line) < 40 or line[0] in "-*•|#>0123456789" or "://" in line or not _has_small_script(line[-1])


def _has_small_script(letter: str) -> bool:
    """Scripts without capitals have other marks, and some have none."""
    return letter.lower() != letter.upper()
