"""The causes in docs/troubleshooting.md, of the catalogue: `python tests/docs/failure_sections.py` rewrites them."""

from pathlib import Path

from luthier.failures.cause import Cause
from luthier.failures.causes import CAUSES

GUIDE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
BEGIN, END = "<!-- causes -->\n", "<!-- /causes -->\n"


def section(cause: Cause) -> str:
    proposes = cause.proposes or "nothing to change; it goes on from where the run was"
    return f"### {cause.title}\n\n{cause.why} **What to do:** {cause.fix} **`luthier retry` proposes:** {proposes}.\n"


def rewritten(text: str) -> str:
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return head + BEGIN + "\n" + "\n".join(section(cause) for cause in CAUSES) + "\n" + END + tail


if __name__ == "__main__":
    GUIDE.write_text(rewritten(GUIDE.read_text()))
