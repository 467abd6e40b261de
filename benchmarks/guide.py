"""Putting a table into docs/performance.md, between the marks of its name."""

from pathlib import Path

GUIDE = Path(__file__).parent.parent / "docs" / "performance.md"


def write_table(name: str, content: str) -> None:
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, _, rest = GUIDE.read_text().partition(begin)
    after = rest.partition(end)[2]
    GUIDE.write_text(f"{before}{begin}{content}\n{end}{after}")
