"""A whole preparation of a small file in one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
import tiny_model as tiny
from unlike_words import word

from luthier.data.prepare import prepare
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import read_json


class Prepared(NamedTuple):
    run: RunFolder
    validation: dict[str, Any]


@pytest.fixture(scope="session")
def tokenizer():
    return tiny._tokenizer()


@pytest.fixture
def work(tmp_path: Path, tokenizer) -> Callable[..., Prepared]:
    """Write `content` to a file, prepare it with the values of the spec's section `data`, return what came of it."""

    def prepared(content: bytes, name: str = "data.jsonl", max_length: int = 256, seed: int = 17, **data) -> Prepared:
        path = tmp_path / name
        path.write_bytes(content)
        run = RunFolder(tmp_path / "run")
        spec = RunSpec.model_validate({"name": "test", "seed": seed, "data": {"path": path, **data}})
        list(prepare(spec, run, tokenizer, max_length, tmp_path))
        return Prepared(run, read_json(run.validation))

    return prepared


@pytest.fixture(scope="session")
def lines() -> Callable[..., bytes]:
    """JSON Lines of objects; with a number, of so many distinct prompts and completions."""

    def written(rows: int | list[Any]) -> bytes:
        if isinstance(rows, int):
            rows = [{"prompt": f"question {word(i)}", "completion": f"answer {word(i + 7000)}"} for i in range(rows)]
        return b"".join(orjson.dumps(row) + b"\n" for row in rows)

    return written
