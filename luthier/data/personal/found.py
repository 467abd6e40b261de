"""What was found, and where."""

from typing import NamedTuple


class Found(NamedTuple):
    """`kind` is one of spec.PERSONAL_KINDS; the value is `text[start:end]`."""

    kind: str
    start: int
    end: int
