"""The whole chain on a family that is unlike Llama: capped scores, sliding windows, no system role."""

import json

import pytest
from chain import PATIENCE_S, write_spec
from families import build

from luthier.rows import Rows
from luthier.storage import read_json

pytestmark = [pytest.mark.drill, pytest.mark.timeout(600)]


def test_gemma_goes_through_the_chain_and_a_kill(home, tmp_path):
    base = build("gemma2", tmp_path / "gemma")
    short = {"epochs": 2, "checkpoint_every": 4}
    spec = write_spec(tmp_path / "spec", base, training=short, evaluation={"max_examples": 12, "few_shot": [1]})
    rows = [json.loads(line) for line in (spec.parent / "data.jsonl").read_text().splitlines()]
    told = "".join(json.dumps(row | {"system": "Answer in a sentence."}) + "\n" for row in rows)
    (spec.parent / "data.jsonl").write_text(told)
    with home.started("run", spec) as process:
        home.kill_worker(process, "train", lambda: len(home.steps()) > 0)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (0, 3, 4), err
    assert "no place for a system prompt" in err
    report = read_json(home.run.report / "report.json")
    assert [each["stage"] for each in report["interruptions"]] == ["train"]
    assert report["training"]["resumed_from"]
    assert next(iter(Rows(home.run.split("test"))))["messages"][0]["role"] == "system"
