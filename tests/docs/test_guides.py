import re
from pathlib import Path

import pytest
from spec_table import GUIDE, rewritten

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_spec_guide_holds_every_key():
    assert GUIDE.read_text() == rewritten(GUIDE.read_text()), "run: python tests/docs/spec_table.py"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_links_lead_somewhere(guide: Path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", guide.read_text()):
        if "://" not in target:
            assert (guide.parent / target).exists(), f"{guide.name}: {target}"
