import re
import shlex
import tomllib
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
            for word in words[2:]:
                if isinstance(command, click.Group) and word in command.commands:
                    command = command.commands[word]
            assert command, f"{guide.name}: {line}"
            known = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known | {"--help"}, f"{guide.name}: {line}"
    for block in _blocks(guide, "toml"):
        Settings(**tomllib.loads(block))


def _lines(guide: Path, language: str) -> list[str]:
    return [line.strip() for block in _blocks(guide, language) for line in block.splitlines() if line.strip()]


def _blocks(guide: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", guide.read_text(), re.DOTALL)
