"""Personal data and secrets in a text: cheap signs first, the dear patterns only where there is one."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from luthier.data.personal.cards import cards
from luthier.data.personal.emails import emails
from luthier.data.personal.found import Found
from luthier.data.personal.ibans import ibans
from luthier.data.personal.ips import ips
from luthier.data.personal.key_forms import FORMS
from luthier.data.personal.keys import keys
from luthier.data.personal.masks import MASK
from luthier.data.personal.passwords import SIGNS, passwords
from luthier.data.personal.phones import phones
from luthier.data.personal.plain import plain
from luthier.data.personal.social_security import social_security

_DIGIT = re.compile(r"\d")
_SEVEN_DIGITS = re.compile(r"\d(?:\D{0,3}\d){6}")
_KEY_SIGNS = (*(sign for sign, _ in FORMS), "PRIVATE KEY", "://")
"""What a key may hold besides digits; every other one has some."""


def find(text: str) -> list[Found]:
    """In order, not overlapping. Names of people and places are not among them (names.py)."""
    text = plain(text)
    return apart(_all(text), text)


def _all(text: str) -> Iterator[Found]:
    """Of two that overlap the earlier counts: the surer kinds first."""
    has_digit = _DIGIT.search(text) is not None
    if has_digit or any(sign in text for sign in _KEY_SIGNS):
        yield from keys(text)
    lower = text.lower()
    if any(sign in lower for sign in SIGNS):
        yield from passwords(text)
    if "@" in text or " at " in lower or "at)" in lower or "at]" in lower:
        yield from emails(text)
    if not has_digit:
        if "::" in text:
            yield from ips(text)
        return
    if many := _SEVEN_DIGITS.search(text) is not None:
        yield from ibans(text)
        yield from cards(text)
        yield from social_security(text)
    yield from ips(text)
    if many:
        yield from phones(text)


def apart(found: Iterable[Found], text: str) -> list[Found]:
    """Without those that overlap an earlier one, or a mask that stands in the text."""
    masks = [match.span() for match in MASK.finditer(text)] if "[" in text else []
    starts, kept = [start for start, _ in masks], [Found("", *span) for span in masks]
    for each in found:
        at = bisect_left(starts, each.start)
        clear_before = at == 0 or kept[at - 1].end <= each.start
        if clear_before and (at == len(starts) or starts[at] >= each.end):
            starts.insert(at, each.start)
            kept.insert(at, each)
    return [each for each in kept if each.kind]
