"""What changed between two answers, word by word, as safe HTML."""

import re
import unicodedata
from difflib import SequenceMatcher

from markupsafe import Markup, escape

LONGEST = 2000
"""Characters of one text that the page shows; predictions.jsonl holds all of it."""

EMPTY = "[empty]"

ALIKE = 0.4
"""Below this similarity marks are confetti around lone common words, so both texts are shown plain."""

_BLANK_LINES = re.compile(r"\n\s*\n\s*\n")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_BIDI_CONTROLS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def visible(text: str | None) -> str:
    """`text` with what a page cannot show, or what turns its line around, spelled out; long text is cut and says so.

    Blank lines count once, else an answer of line breaks alone fills pages.
    """
    text = text or ""
    if not text.strip():
        return EMPTY
    shown = "".join(_spelled(character) for character in _BLANK_LINES.sub("\n\n", text[:LONGEST]))
    return shown if len(text) <= LONGEST else f"{shown} … [{len(text) - LONGEST:,} more characters]"


def marked(before: str | None, after: str | None) -> tuple[Markup, Markup]:
    """`before` with what went as <del>, `after` with what came as <ins>; both plain when they have little in common."""
    old, new = _WORDS.findall(visible(before)), _WORDS.findall(visible(after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return escape("".join(old)), escape("".join(new))
    left, right = Markup(), Markup()
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        gone, came = "".join(old[i1:i2]), "".join(new[j1:j2])
        if kind == "equal":
            left, right = left + gone, right + came
            continue
        left += Markup("<del>{}</del>").format(gone) if gone else ""
        right += Markup("<ins>{}</ins>").format(came) if came else ""
    return left, right


def _spelled(character: str) -> str:
    if character in "\n\r\t":
        return character
    hidden = unicodedata.category(character) in ("Cc", "Cs")
    if hidden or unicodedata.bidirectional(character) in _BIDI_CONTROLS:
        return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"
    return character
