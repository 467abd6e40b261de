"""Markdown that stays what it was meant to be, whatever texts from data and models hold."""

import base64
import re

MARKS = re.compile(r"(?<=www)\.|[\\`*_{}\[\]()#+\-!|~$<>&@/]", re.IGNORECASE)
"""What markdown, HTML or the recognition of addresses could take for more than a character."""


def safe(text: object, longest: int = 300) -> str:
    """One line of plain text: no markup, no HTML, no link, no table cell of its own."""
    line = " ".join(str(text).split())
    line = line if len(line) <= longest else f"{line[: longest - 1]}…"
    return MARKS.sub(lambda mark: f"&#{ord(mark[0])};", line)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Cells are markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def picture(svg: str, alt: str) -> str:
    """Shows an SVG without fetching anything."""
    return f"![{alt}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
