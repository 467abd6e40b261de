import re
import shlex
from pathlib import Path

import click
import pytest
from spec_table import GUIDE, rewritten

from flows.cli import main
from luthier.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_spec_guide_holds_every_key():
    assert GUIDE.read_text() == rewritten(GUIDE.read_text()), "run: python tests/docs/spec_table.py"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_links_lead_somewhere(guide: Path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", guide.read_text()):
        if "://" not in target:
            assert (guide.parent / target).exists(), f"{guide.name}: {target}"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_commands_and_settings_exist(guide: Path):
    """Each `luthier …` line with its options, and each key of luthier.toml."""
    for line in _lines(guide, "bash"):
        words = shlex.split(line, comments=True)
        if words[:1] == ["luthier"]:
            command = main.get_command(click.Context(main), words[1])
            assert command, f"{guide.name}: {line}"
            known = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known | {"--help"}, f"{guide.name}: {line}"
    for line in _lines(guide, "toml"):
        key = line.strip("[]").split("=")[0].strip()
        assert key in Settings.model_fields or key.isupper(), f"{guide.name}: {line}"


def _lines(guide: Path, language: str) -> list[str]:
    blocks = re.findall(rf"```{language}\n(.*?)```", guide.read_text(), re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
