"""`luthier estimate --calibrate`: a few real steps in a worker, kept for the estimates that follow."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from flows.cli import main

ROWS = [{"prompt": f"Question {n} about the sea?", "completion": f"Answer {n} is blue."} for n in range(40)]


def called(*words: str) -> dict:
    done = CliRunner().invoke(main, [*words, "--json", "--set", "compute.threads=1"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.slow
def test_measured_just_now_and_known_from_then_on(tmp_path, monkeypatch, tiny_model):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    sections = {"name": "one", "data": {"path": "data.jsonl"}, "model": {"base": str(tiny_model)}}
    Path("spec.yaml").write_text(yaml.safe_dump(sections))

    first = called("estimate", "spec.yaml", "--calibrate")
    measured = ("training", "reading")
    assert {first["basis"][part] for part in measured} == {"as calibrated just now"}
    assert first["basis"]["answering"] == "assumed"
    (kept,) = (tmp_path / "home" / "calibrations").glob("*.json")
    speeds = json.loads(kept.read_text())
    (run,) = (tmp_path / "home" / "runs").glob("*")
    work = json.loads((run / "estimate.json").read_text())["work"]
    (training,) = (line for line in first["options"]["local"]["lines"] if line["name"] == "training")
    assert training["seconds"]["likely"] >= work["tokens"] / speeds["training"]
    assert all(10 < speeds[part] < 1e6 for part in measured), "tokens per second"
    assert not list((tmp_path / "home").glob(".calibration-*")), "it leaves nothing behind"
    assert not (run / "attempts").exists(), "it is no attempt of the run"

    again = called("check", "spec.yaml")["estimate"]
    assert {again["basis"][part] for part in measured} == {"as calibrated here before"}
    other = called("estimate", "spec.yaml", "--set", "training.batch_size=4")
    assert other["basis"]["training"] == "assumed", "another size of batches has another speed"


def test_what_is_rented_is_not_calibrated(tmp_path, monkeypatch, tiny_model):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    sections = {"name": "one", "data": {"path": "data.jsonl"}, "model": {"base": str(tiny_model)}}
    Path("spec.yaml").write_text(yaml.safe_dump(sections | {"compute": {"provider": "runpod"}}))
    done = CliRunner().invoke(main, ["estimate", "spec.yaml", "--calibrate"])
    assert done.exit_code == 2 and "cannot be calibrated" in done.output
