"""`luthier check` says whether the run fits in memory."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from flows.cli import main

ROWS = [{"prompt": f"Question {n} about the sea?", "completion": f"Answer {n} is blue."} for n in range(40)]


@pytest.fixture
def check(tmp_path, monkeypatch, tiny_model):
    """Checks the spec with these keys set; returns (exit code, JSON, what people read)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("spec.yaml").write_text(
        yaml.safe_dump({"name": "one", "data": {"path": "data.jsonl"}, "model": {"base": str(tiny_model)}})
    )

    def run(*keys: str) -> tuple[int, dict, str]:
        options = [part for key in keys for part in ("--set", key)]
        done = CliRunner().invoke(main, ["check", "spec.yaml", "--json", *options])
        return done.exit_code, json.loads(done.stdout), done.stderr

    return run


def test_what_it_needs_and_that_it_fits(check):
    code, told, read = check("compute.threads=1")
    memory = told["estimate"]["memory"]
    assert code == 0 and memory["fits"] and memory["change"] is None
    assert 0.1 < memory["needed_gb"] < 1 < memory["free_gb"]
    assert "Memory: " in read and "optimizer" in read and "does not fit" not in read


def test_too_little_memory_here_is_a_warning_with_a_way_out(check):
    code, told, read = check("compute.threads=1", "compute.max_memory_gb=0.05")
    memory = told["estimate"]["memory"]
    assert code == 0 and not memory["fits"] and memory["free_gb"] == 0.05
    assert memory["change"]["key"] == "compute.gpu"
    assert any("Set compute.provider: runpod and compute.gpu" in warning for warning in told["estimate"]["warnings"])
    assert "does not fit in the memory" in read and "The run could start" in read
