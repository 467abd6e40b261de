"""What stands in the place of a value: `[EMAIL_1]` in training rows, `[EMAIL]` where rows are shown."""

import re
from collections.abc import Callable, Sequence

from luthier.data.personal.found import Found
from luthier.data_spec import PERSONAL_KINDS

MASK = re.compile(rf"\[(?P<kind>{'|'.join(kind.upper() for kind in PERSONAL_KINDS)})(?:_(?P<number>\d{{1,9}}))?\]")


def replaced(text: str, found: Sequence[Found], mask: Callable[[str, str], str]) -> str:
    """`text` with `mask(kind, value)` for each of `found`; the rest stays as it is."""
    parts, at = [], 0
    for kind, start, end in found:
        parts += [text[at:start], mask(kind, text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


class Numbers:
    """Gives the same value the same mask, over a whole conversation; numbers that stand in it already are not given."""

    def __init__(self, texts: Sequence[str]):
        self.given: dict[tuple[str, str], str] = {}
        self.last: dict[str, int] = {}
        for match in (match for text in texts if "[" in text for match in MASK.finditer(text)):
            self.last[match["kind"]] = max(self.last.get(match["kind"], 0), int(match["number"] or 0))

    def __call__(self, kind: str, value: str) -> str:
        key = kind, same(kind, value)
        if key not in self.given:
            self.last[kind.upper()] = self.last.get(kind.upper(), 0) + 1
            self.given[key] = f"[{kind.upper()}_{self.last[kind.upper()]}]"
        return self.given[key]


def same(kind: str, value: str) -> str:
    """The value as it is compared with others of its kind, whatever way they are written."""
    if kind in ("phone", "card", "ssn"):
        return re.sub(r"\D", "", value.replace("(0)", ""))
    if kind == "iban":
        return re.sub(r"[ -]", "", value).upper()
    return value.casefold() if kind in ("email", "ip", "name", "place") else value
