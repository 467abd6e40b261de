"""The data page: what was read, kept and set aside, for a person, in one file."""

from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from luthier.data.page import text
from luthier.data.page.picture import histogram
from luthier.data.page.view import KINDS, by_weight, view
from luthier.storage import write_text

LARGEST = 2_000_000
"""Bytes of the page, at most. Where the examples do not fit, their texts are shown shorter, then fewer of them."""

_TRIES = ((text.LONGEST, 1000), (300, 1000), (120, 1000), (120, 300), (40, 100))
"""Characters of a text and examples."""

MESSAGES = 6
"""Of a conversation: so many of the first and the last messages together are shown."""


def write_page(path: Path, found: dict[str, Any], examples: list[dict[str, Any]]) -> None:
    """Self-contained; every text of the data is escaped.

    found: what validation.json holds; a section whose keys are missing is left out. examples: at most 1,000 of
    {place, tokens, trained, messages, raw, kind, why, meta}; kind is one of KINDS.
    """
    page = _template()
    ordered = by_weight(examples)
    seen = view(found, ordered)
    for longest, number in _TRIES:
        shown = [_example(each, longest) for each in ordered[:number]]
        content = page.render(found=seen, examples=shown, left_out=len(examples) - len(shown))
        if len(content.encode()) <= LARGEST:
            break
    write_text(path, content)


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    page = Environment(
        loader=PackageLoader("luthier.data.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters |= {"count": text.count, "percent": text.percent, "words": text.words}
    page.filters["histogram"] = _histogram
    return page.get_template("page.html")


def _finalized(value: Any) -> Any:
    """Whatever a template prints: text is made visible and short, so that no template can forget it."""
    return text.shortened(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _histogram(tokens: dict[str, Any]) -> Markup:
    return histogram(tokens.get("histogram") or [], tokens.get("max_length"))


def _example(example: dict[str, Any], longest: int) -> dict[str, Any]:
    """An example as it is shown: the middle of a long conversation is left out."""
    messages = example.get("messages") or []
    first = (MESSAGES + 1) // 2
    kept = messages if len(messages) <= MESSAGES else [*messages[:first], *messages[first - MESSAGES :]]
    raw = example.get("raw")
    kind = example.get("kind") or "sample"
    return {
        "kind": kind,
        "called": KINDS.get(kind, kind),
        "place": example.get("place") or "",
        "why": example.get("why") or "",
        "tokens": example.get("tokens"),
        "trained": example.get("trained"),
        "raw": _shown(raw, longest) if isinstance(raw, str) and not messages else None,
        "messages": [{"role": each["role"], "content": _shown(each["content"], longest)} for each in kept],
        "left_out": len(messages) - len(kept),
        "gap_after": first if len(messages) > len(kept) else 0,
        "meta": {_shown(name, 40): _shown(value, 80) for name, value in list((example.get("meta") or {}).items())[:8]},
    }


def _shown(value: object, longest: int) -> Markup:
    """Shortened once and for all: a template does not do it again."""
    return escape(text.shortened(str(value), longest))
