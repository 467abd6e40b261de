"""MLflow against a real SQLite store: one run, each value once, whoever was killed when."""

import logging
import os
import subprocess
import sys

import pytest

from luthier.events import EventLog
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import write_json, write_text
from luthier.tracking import Tracker, is_tracked

SPEC = RunSpec.model_validate({"name": "Bot", "project": "acme", "data": {"path": "/data/rows.jsonl"}})
SHA = "ab" * 32


@pytest.fixture
def run(tmp_path) -> RunFolder:
    run = RunFolder(tmp_path / "runs" / "bot-1")
    write_json(run.report / "report.json", {"verdict": {"label": "improved"}, "adapter_sha256": "cd" * 32})
    write_text(run.adapter / "adapter_model.safetensors", "weights")
    write_text(run.spec, "name: Bot\n")
    write_text(run.metrics, "step\n")
    return run


@pytest.fixture(scope="module")
def uri(tmp_path_factory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture
def tracker(run, uri) -> Tracker:
    for known in Tracker(uri, run).client.search_experiments():
        for each in Tracker(uri, run).client.search_runs([known.experiment_id]):
            Tracker(uri, run).client.delete_run(each.info.run_id)
    tracker = Tracker(uri, run)
    tracker.start(SPEC, SHA)
    return tracker


def steps(tracker: Tracker, name: str) -> list[int]:
    return [metric.step for metric in tracker.client.get_metric_history(tracker.run_id, name)]


def test_the_same_run_is_found_again(tracker, run, uri):
    first = tracker.run_id
    assert Tracker(uri, run).start(SPEC, SHA) == first
    run.tracking.unlink()  # killed before it was written
    assert Tracker(uri, run).start(SPEC, SHA) == first


def test_a_run_that_the_server_lost_is_made_anew(tracker, run, uri, tmp_path):
    elsewhere = f"sqlite:///{tmp_path / 'other.db'}"
    tracker.sync_metrics([{"step": 1, "attempt": 1, "train_loss": 1.0}])
    other = Tracker(elsewhere, run)
    first = tracker.run_id
    assert other.start(SPEC, SHA) != first
    other.sync_metrics([{"step": 1, "attempt": 1, "train_loss": 1.0}])
    assert steps(other, "train_loss") == [1]


def test_parameters_tags_and_data_are_there(tracker):
    found = tracker.client.get_run(tracker.run_id)
    assert found.data.params["data.sha256"] == SHA
    assert found.data.params["training.preset"] == "balanced"
    assert found.data.tags["luthier.project"] == "acme"
    assert found.inputs.dataset_inputs[0].dataset.name == "rows.jsonl"


def test_no_step_is_logged_twice(tracker, run, uri):
    rows = [{"step": step, "attempt": 1, "train_loss": 1.0 / step} for step in (1, 2, 3)]
    tracker.sync_metrics(rows[:2])
    Tracker(uri, run).sync_metrics(rows)
    assert steps(tracker, "train_loss") == [1, 2, 3]


def test_finishing_twice_registers_one_version(tracker, run):
    EventLog(run.events).append({"time": 0, "kind": "metrics", "attempt": 1, "step": 1, "validation_loss": 2.0})
    assert not is_tracked(run)
    tracker.finish(SPEC)
    tracker.finish(SPEC)
    assert is_tracked(run)
    assert steps(tracker, "validation_loss") == [1]
    versions = [v for v in tracker.client.search_model_versions("name = 'bot'") if v.run_id == tracker.run_id]
    assert len(versions) == 1
    assert tracker.client.get_model_version_by_alias("bot", "challenger").version == versions[0].version
    assert tracker.client.get_run(tracker.run_id).info.status == "FINISHED"


def test_an_interrupted_run_is_open_again(tracker, run, uri):
    tracker.close("KILLED")
    assert tracker.client.get_run(tracker.run_id).info.status == "KILLED"
    Tracker(uri, run).start(SPEC, SHA)
    assert tracker.client.get_run(tracker.run_id).info.status == "RUNNING"


def test_a_server_that_is_away_is_an_mlflow_exception(run, monkeypatch):
    from mlflow.exceptions import MlflowException

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(MlflowException):
        Tracker("http://127.0.0.1:9", run).start(SPEC, SHA)


def test_mlflow_is_quiet_and_sends_nothing_home():
    shown = "os.environ['MLFLOW_DISABLE_TELEMETRY'], logging.getLogger('mlflow').level"
    code = f"import logging, os, luthier.tracking, mlflow; print({shown})"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=bare, check=True)
    assert done.stdout.split() == ["true", str(logging.WARNING)]
