"""The whole chain on a tiny model: real command, real Prefect server, real MLflow, real kill -9."""

import csv
import os
import shutil
import signal

import httpx
import psutil
import pytest
from chain import PATIENCE_S, Home, wait_until, write_spec

from luthier.storage import read_json, read_jsonl, sha256_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STAGES = ["validate-data", "baseline-eval", "train", "checkpoint-resume", "eval", "report"]


def task_runs(api: str, flow_run: str) -> list[dict]:
    query = {"flow_runs": {"id": {"any_": [flow_run]}}, "sort": "EXPECTED_START_TIME_ASC"}
    return httpx.post(f"{api}/task_runs/filter", json=query).raise_for_status().json()


def test_a_run_leaves_every_file_of_the_contract(straight):
    home, _, _ = straight
    run = home.run
    for file in (
        run.spec, run.accepted, run.split("train"), run.split("validation"), run.split("test"), run.quarantine,
        run.validation, run.page, run.baseline / "metrics.json", run.baseline / "predictions.jsonl",
        run.evaluation / "metrics.json", run.evaluation / "predictions.jsonl", run.events, run.metrics, run.package,
        run.adapter / "adapter_model.safetensors", run.adapter / "adapter_config.json",
        run.report / "report.html", run.report / "report.pdf", run.report / "report.json",
    ):  # fmt: skip
        assert file.stat().st_size or file == run.quarantine, file
    report = read_json(run.report / "report.json")
    assert report["adapter_sha256"] == sha256_file(run.adapter / "adapter_model.safetensors")
    assert report["data"]["test_rows_seen_in_train"] == 0
    assert report["interruptions"] == []
    assert set(report["duration"]) == set(STAGES) - {"checkpoint-resume", "report"}


def test_metrics_hold_every_step(straight):
    home, _, _ = straight
    with home.run.metrics.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["train_loss"] and row["learning_rate"] and row["grad_norm"] for row in rows)
    assert rows[5]["validation_loss"] and rows[5]["perplexity"]


def test_prefect_shows_every_stage_under_its_name(straight, prefect_api):
    home, _, _ = straight
    where = read_json(home.run.root / "prefect.json")
    runs = task_runs(prefect_api, where["prefect_flow_run_id"])
    assert {run["name"].rsplit("-", 1)[0] for run in runs} == {*STAGES, "estimate"}
    assert all(run["state_type"] == "COMPLETED" for run in runs)
    keys = {"artifacts": {"flow_run_id": {"any_": [where["prefect_flow_run_id"]]}}}
    artifacts = httpx.post(f"{prefect_api}/artifacts/filter", json=keys).raise_for_status().json()
    kinds = {artifact["key"].split("-tiny")[0]: artifact for artifact in artifacts}
    assert {"run", "results", "report", "data", "progress-train"} <= set(kinds)
    assert kinds["progress-train"]["data"] == 100.0
    assert "data:image/svg+xml" in kinds["run"]["data"]


def test_mlflow_holds_one_run_with_everything(straight):
    from mlflow import MlflowClient

    home, _, _ = straight
    tracking = read_json(home.run.tracking)
    client = MlflowClient(tracking["mlflow_uri"])
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()])
    assert [run.info.run_id for run in runs] == [tracking["mlflow_run_id"]]
    assert runs[0].info.status == "FINISHED"
    steps = [metric.step for metric in client.get_metric_history(runs[0].info.run_id, "train_loss")]
    assert steps == list(range(1, len(steps) + 1))
    digest = runs[0].inputs.dataset_inputs[0].dataset.digest
    assert digest and runs[0].data.params["data.sha256"].startswith(digest)
    assert client.get_metric_history(runs[0].info.run_id, "validation_loss")[0].step == 6
    listed = {
        file.path for folder in ("", "report", "adapter") for file in client.list_artifacts(runs[0].info.run_id, folder)
    }
    assert {
        "report/report.html", "report/report.pdf", "report/report.json", "adapter/adapter_model.safetensors",
        "metrics.csv", "spec.yaml",
    } <= listed  # fmt: skip
    assert client.get_model_version_by_alias("tiny", "challenger").run_id == tracking["mlflow_run_id"]


def test_the_same_command_again_shows_the_result_without_working(straight):
    home, spec, code = straight
    before = home.run.attempt_numbers()
    again = home.luthier("run", spec)
    assert again.returncode == code
    assert "Verdict" in again.stderr and "report.html" in again.stderr
    assert home.run.attempt_numbers() == before


def test_killed_workers_are_retried_and_the_adapter_is_the_same(straight, home, prefect_api):
    undisturbed, spec, code = straight
    with home.started("run", spec) as process:
        home.kill_worker(process, "baseline", lambda: (home.run.baseline / "partial.jsonl").exists())
        home.kill_worker(process, "train", lambda: len(home.steps()) > 1)
        home.kill_worker(process, "evaluate", lambda: (home.run.evaluation / "partial.jsonl").exists())
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert_same_adapter(home, undisturbed)
    where = read_json(home.run.root / "prefect.json")
    counts = {r["name"].rsplit("-", 1)[0]: r["run_count"] for r in task_runs(prefect_api, where["prefect_flow_run_id"])}
    assert counts["baseline-eval"] >= 2 and counts["train"] >= 2 and counts["eval"] >= 2
    report = read_json(home.run.report / "report.json")
    assert sorted(found["stage"] for found in report["interruptions"]) == ["baseline", "evaluate", "train"]
    resumed = [event for event in read_jsonl(home.run.events) if event["kind"] == "resumed"]
    assert resumed and resumed[0]["step"] > 0


def test_a_killed_flow_is_continued_by_the_same_command(straight, home):
    undisturbed, spec, code = straight
    with home.started("run", spec) as process:
        wait_until(lambda: list((home.root / "runs").glob("*/checkpoints/step-*")), process)
        worker = psutil.Process(read_json(home.run.attempt(max(home.run.attempt_numbers())).heartbeat)["pid"])
        os.kill(process.pid, signal.SIGKILL)
    assert psutil.wait_procs([worker], timeout=60)[1] == []  # it leaves by itself
    first = home.run.marker("baseline-eval").read_bytes()
    reached = home.steps()[0]
    done = home.luthier("run", spec)
    assert done.returncode == code, done.stderr
    assert home.run.marker("baseline-eval").read_bytes() == first  # not repeated
    assert_same_adapter(home, undisturbed)
    resumed = [event for event in read_jsonl(home.run.events) if event["kind"] == "resumed"]
    assert resumed and resumed[0]["step"] >= reached
    assert [found["stage"] for found in read_json(home.run.report / "report.json")["interruptions"]] == ["train"]


def test_a_changed_adapter_is_rebuilt(straight, home):
    undisturbed, spec, code = straight
    shutil.copytree(undisturbed.root, home.root)
    weights = home.run.adapter / "adapter_model.safetensors"
    home.run.marker("report").unlink()
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert home.luthier("run", spec).returncode == code
    assert_same_adapter(home, undisturbed)


def test_a_second_command_on_the_same_run_is_refused(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model)
    with home.started("run", spec) as process:
        wait_until(lambda: list((home.root / "runs").glob("*/data/validation.json")), process)
        second = home.luthier("check", spec)
    assert second.returncode == 7
    assert "already being worked on" in second.stderr


def test_it_gives_up_after_three_attempts_without_progress(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model)
    with home.started("run", spec) as process:
        for _ in range(3):
            home.kill_worker(process, "baseline", lambda: True)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 7
    assert "3 times in a row" in err and "log.txt" in err and "Traceback" not in err
    with home.started("run", spec) as process:  # the same command tries again
        wait_until(lambda: len(home.run.attempt_numbers()) == 4, process)


@pytest.mark.drill
def test_five_random_kills(straight, home):
    import random

    undisturbed, spec, code = straight
    dice = random.Random(os.environ.get("LUTHIER_DRILL_SEED", "1"))
    with home.started("run", spec) as process:
        for step in sorted(dice.sample(range(6, 110, 6), 5)):
            home.kill_worker(process, "train", lambda step=step: max(home.steps(), default=0) >= step)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert_same_adapter(home, undisturbed)


def assert_same_adapter(home: Home, other: Home) -> None:
    mine, theirs = (sha256_file(each.run.adapter / "adapter_model.safetensors") for each in (home, other))
    assert mine == theirs
