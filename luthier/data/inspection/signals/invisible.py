"""Characters that nobody sees but the model reads."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_HIDDEN = re.compile(
    "[\x80-\x84\x86-\x9f\u200b\u2060-\u2064\ufeff]"  # controls, zero-width space, word joiner, byte order mark
    "|(?<=[A-Za-z])[\u200c\u200d](?=[A-Za-z])"  # joiners, which Persian, Hindi and emoji need and Latin does not
    "|[\u202d\u202e]"  # overrides of the writing direction
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0001-\U000e007f]"  # tags, but for those of flags
)

_DIRECTION = re.compile("[\u202a-\u202c\u2066-\u2069]")

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def invisible(text: str) -> bool:
    """Control, zero-width and tag characters; marks of direction in a text of which nothing runs from right to left."""
    if _CONTROL.search(text):
        return True
    if text.isascii():
        return False
    if _HIDDEN.search(text):
        return True
    return bool(_DIRECTION.search(text)) and not _RIGHT_TO_LEFT.search(text)
