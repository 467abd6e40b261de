"""Putting a table into docs/performance.md, between the marks of its name."""

from pathlib import Path

GUIDE = Path(__file__).parent.parent / "docs" / "performance.md"


def write_table(name: str, content: str) -> None:
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, found, rest = GUIDE.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{GUIDE} has no place marked {name}")
    GUIDE.write_text(f"{before}{begin}{content}\n{end}{after}")
