"""The data page: what was read, kept and set aside, for a person, in one file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from luthier.data.record import Record
from luthier.storage import write_text

SHOWN = 10
LONGEST_TEXT = 600
"""Characters of a text that are shown."""


def write_page(path: Path, findings: dict[str, Any], records: Sequence[Record]) -> None:
    """Self-contained; every text of the data is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    page = Environment(loader=PackageLoader("luthier.data.page", "."), autoescape=True, undefined=StrictUndefined)
    page.filters["shortened"] = _shortened
    accepted = [record for record in records if record.accepted]
    content = page.get_template("page.html").render(
        found=findings,
        examples=accepted[:SHOWN],
        longest=sorted(accepted, key=lambda record: record.tokens, reverse=True)[:SHOWN],
        faulty=findings["errors"][: 5 * SHOWN],
        set_aside=[record for record in records if record.fault][:SHOWN],
    )
    write_text(path, content)


def _shortened(text: str | bytes) -> str:
    """At most LONGEST_TEXT characters; bytes that are not text are replaced."""
    shown = text.decode(errors="replace") if isinstance(text, bytes) else text
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[:LONGEST_TEXT]}… ({len(shown):,} characters)"
