"""Texts of the data as the page shows them: nothing hidden, nothing that turns the line around, nothing endless."""

import re
import unicodedata

LONGEST = 600
"""Characters of a text that are shown, at most."""

_CUT = re.compile(r"… \([0-9,]+ characters\)$")

_STAY = set("\n\t\u200c\u200d\u00ad")  # the two joiners belong to scripts and emoji, the last is a soft hyphen


def visible(text: str) -> str:
    """`text` with control characters and those that change the direction of writing spelled out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_spelled, text))


def shortened(text: str, longest: int = LONGEST) -> str:
    """The first `longest` characters, made visible; a cut says how long the text is, or was before an earlier cut."""
    before = _CUT.search(text[-40:])
    if len(text) <= longest + (len(before[0]) if before else 0):
        return visible(text)
    return visible(text[:longest]) + (before[0] if before else f"… ({len(text):,} characters)")


def count(value: object) -> str:
    """1234 → 1,234; a dash for what is not known."""
    if value is None or value == "":
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if isinstance(value, float) else str(value)


def percent(share: float | None) -> str:
    """0.123 → 12 %; what is there is never told as nothing, what is missing never as all."""
    if share is None:
        return "–"
    if 0 < share < 0.01:
        return "<1\u00a0%"
    return ">99\u00a0%" if 0.99 < share < 1 else f"{100 * share:.0f}\u00a0%"


def words(name: object) -> str:
    """missing_field → missing field."""
    return str(name).replace("_", " ")


def _spelled(character: str) -> str:
    if character in _STAY:
        return character
    kind, code = unicodedata.category(character), ord(character)
    if kind == "Cs":  # half a character: no file can hold it
        return "\ufffd"
    if kind == "Cc":
        return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"
    return f"⟨U+{code:04X}⟩" if kind == "Cf" else character
