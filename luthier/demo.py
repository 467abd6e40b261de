"""The demo's data: the English ChatterBot corpus, a public collection of short dialogues (BSD licence).

It comes as the package chatterbot-corpus: YAML files of conversations, each a list of lines.
"""

import importlib.util
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import yaml

from luthier.errors import NotFound
from luthier.storage import write_jsonl, write_text


def write_demo(folder: Path) -> Path:
    """Write data and spec into `folder`; returns the spec's path. Raises NotFound without the package."""
    write_jsonl(folder / "chatterbot.jsonl", pairs(_corpus()))
    spec = folder / "demo.yaml"
    write_text(spec, files("recipes").joinpath("demo.yaml").read_text())
    return spec


def pairs(corpus: Path) -> Iterator[dict[str, str]]:
    """Every line of a conversation with the line that answers it, as it stands in the corpus, duplicates and all."""
    for file in sorted(corpus.glob("*.yml")):
        for conversation in yaml.safe_load(file.read_bytes())["conversations"]:
            lines = [str(line).strip() for line in conversation if str(line).strip()]
            for prompt, answer in zip(lines, lines[1:], strict=False):
                yield {"prompt": prompt, "completion": answer, "topic": file.stem}


def _corpus() -> Path:
    found = importlib.util.find_spec("chatterbot_corpus")
    if found is None or not found.submodule_search_locations:
        raise NotFound("the demo's data is not installed", "", "Run `make install`, or pip install chatterbot-corpus.")
    return Path(found.submodule_search_locations[0]) / "data" / "english"
