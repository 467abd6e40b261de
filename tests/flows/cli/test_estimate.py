"""`luthier estimate` and `check`, here and with the prices of the simulated cloud."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from flows.cli import main
from luthier.rehearsal.cloud import Cloud

ROWS = [{"prompt": f"Question {n} about the sea?", "completion": f"Answer {n} is blue."} for n in range(40)]


@pytest.fixture
def call(tmp_path, monkeypatch, tiny_model):
    """Run a command on a spec with these keys set; returns (exit code, JSON, what people read)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    Path("data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("spec.yaml").write_text(
        yaml.safe_dump({"name": "one", "data": {"path": "data.jsonl"}, "model": {"base": str(tiny_model)}})
    )

    def run(command: str, *keys: str) -> tuple[int, dict, str]:
        options = [part for key in keys for part in ("--set", key)]
        done = CliRunner().invoke(main, [command, "spec.yaml", "--json", *options])
        return done.exit_code, json.loads(done.stdout), done.stderr

    return run


@pytest.fixture
def cloud(monkeypatch):
    with Cloud({}) as cloud:
        monkeypatch.setenv("RUNPOD_API_BASE_URL", cloud.url)
        monkeypatch.setenv("RUNPOD_API_KEY", cloud.account.key)
        yield cloud


def test_here_it_costs_time_only(call, tmp_path):
    code, told, read = call("estimate", "compute.threads=1")
    assert code == 0, read
    assert told["usd"] == 0 and told["seconds"] > 0 and told["steps"] == 12
    assert told["range"]["seconds"]["low"] <= told["seconds"] <= told["range"]["seconds"]["high"]
    assert "in all" in read and "assumed" in read
    (kept,) = (tmp_path / "home" / "runs").glob("*/estimate.json")
    assert json.loads(kept.read_text())["seconds"] == told["range"]["seconds"]
    assert call("check", "compute.threads=1")[1]["estimate"].keys() == told.keys() - {"waits_for_approval"}


def test_rented_with_todays_prices(call, cloud, tmp_path):
    code, told, read = call("estimate", "compute.provider=runpod")
    assert code == 0, read
    assert told["machine"] == "NVIDIA GeForce RTX 4090", "the cheapest of the cloud"
    assert set(told["options"]) == {"spot", "on_demand"} and told["recommended"]["purchase"] == "spot"
    assert 0 < told["options"]["spot"]["usd"]["likely"] < told["options"]["on_demand"]["usd"]["likely"]
    (kept,) = (tmp_path / "home" / "runs").glob("*/estimate.json")
    assert {quote["gpu"] for quote in json.loads(kept.read_text())["quotes"]} == set(cloud.market.gpus)
    assert not cloud.pods(), "nothing was rented"


def test_over_budget_is_told_before_anything_is_rented(call, cloud):
    keys = ("compute.provider=runpod", "compute.gpu=NVIDIA L40S", "budget.max_usd=0.00001")
    code, told, read = call("estimate", *keys)
    assert code == 6 and "NVIDIA L40S" in told["over_budget"] and "budget.max_usd" in read
    code, told, read = call("check", *keys)
    assert code == 6 and told["ok"] is False and told["errors"][0]["field"] == "budget.max_usd"
    assert "could start" not in read


def test_hours_without_prices_when_the_provider_is_silent(call, monkeypatch):
    monkeypatch.setenv("RUNPOD_API_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_none")
    code, told, read = call("estimate", "compute.provider=runpod")
    assert code == 0 and told["usd"] is None and told["seconds"] > 0
    assert "price not known" in read
