"""`luthier rehearse`: the real command, in a shell full of somebody's real accounts."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from chain import Home, write_spec
from click.testing import CliRunner

from flows.cli import main

CONTRACT = {
    "held", "straight_home", "interrupted_home", "interruptions", "pods_left", "double_writers", "bill", "quote",
}  # fmt: skip
NOWHERE = "http://127.0.0.1:9"
TOML = f"""\
storage = "s3://team-bucket/runs"
storage_endpoint = "{NOWHERE}"
mlflow_uri = "{NOWHERE}"
prefect_url = "{NOWHERE}/api"
pod_image = "team/image:1"
pod_cloud = "COMMUNITY"
pod_secrets = {{HF_TOKEN = "hf"}}
"""
THEIRS = {
    "RUNPOD_API_KEY": "rpa_somebodys",
    "RUNPOD_API_BASE_URL": NOWHERE,
    "PREFECT_API_URL": f"{NOWHERE}/api",
    "MLFLOW_TRACKING_URI": NOWHERE,
    "AWS_ENDPOINT_URL": NOWHERE,
    "HTTP_PROXY": NOWHERE,
}


@pytest.fixture
def user(tmp_path, monkeypatch) -> Iterator[Home]:
    """Somebody's home, from a folder with settings that lead nowhere; nothing of theirs may be asked for anything."""
    (tmp_path / "luthier.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "home", **THEIRS)
    yield home
    left = processes_of(home.root)
    for process in left:
        process.kill()
    assert not left, "processes outlived the rehearsal"


def processes_of(home: Path) -> list[psutil.Process]:
    """Those whose variables or command line name this home; pods and servers of a rehearsal live below it."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(home) in "\n".join((*process.cmdline(), *process.environ().values())):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_rehearsal_holds_and_touches_nothing_of_its_user(user, tmp_path, tiny_model):
    spec = write_spec(tmp_path / "spec", tiny_model, compute={"provider": "runpod"}, budget={"max_usd": 0})
    done = user.luthier("rehearse", spec, "--interruptions", 1, "--seed", 3, "--json", "--keep")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["held"], done.stderr
    assert found.keys() >= CONTRACT
    assert (found["pods_left"], found["double_writers"]) == (0, 0) and 0 < found["bill"] <= found["quote"]
    assert len(found["interruptions"]) == 1
    assert found["interruptions"][0].keys() >= {"attempt", "phase", "step", "lost_steps", "resumed_after_s"}
    for kept in (found["straight_home"], found["interrupted_home"]):
        assert list(Path(kept).glob("runs/*/report/report.html"))
    assert not list(user.root.glob("runs/*")) and sorted(path.name for path in user.root.iterdir()) == ["rehearsals"]
    assert "Everything held." in done.stderr and "%|" not in done.stderr and "Writing" not in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [({"training": {"epochs": "many"}}, "training.epochs"), ({"data": {"path": "missing.jsonl"}}, "missing.jsonl")],
)
def test_a_bad_spec_and_bad_data_are_refused(user, tmp_path, tiny_model, monkeypatch, change, said):
    monkeypatch.setenv("LUTHIER_HOME", str(user.root))
    spec = write_spec(tmp_path / "spec", tiny_model)
    spec.write_text(yaml.safe_dump(yaml.safe_load(spec.read_text()) | change))
    done = CliRunner().invoke(main, ["rehearse", str(spec)])
    assert done.exit_code == 2 and said in done.stderr
    assert not list(user.root.glob("rehearsals/*"))


@pytest.mark.drill
@pytest.mark.parametrize(
    ("sabotage", "fails"),
    [("torn", "the same adapter, bit for bit"), ("no-resume", "steps lost"), ("leak", "pods left")],
)
def test_sabotage_is_found_and_named(user, tmp_path, tiny_model, sabotage, fails):
    spec = write_spec(tmp_path / "spec", tiny_model)
    done = user.luthier("rehearse", spec, "--interruptions", 1, "--sabotage", sabotage, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 7 and not found["held"]
    failed = [check["name"] for check in found["checks"] if not check["held"]]
    assert fails in failed and f"DID NOT HOLD  {fails}" in done.stderr


@pytest.mark.drill
def test_without_interruptions_it_holds_too(user, tmp_path, tiny_model):
    done = user.luthier("rehearse", write_spec(tmp_path / "spec", tiny_model), "--interruptions", 0, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["interruptions"] == [] and found["straight_home"] is None
    assert [path.suffix for path in (user.root / "rehearsals").iterdir()] == [".json"]


@pytest.mark.drill
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_after_ctrl_c_nothing_is_left(user, tmp_path, tiny_model, told):
    spec = write_spec(tmp_path / "spec", tiny_model)
    with user.started("rehearse", spec, "--interruptions", 3) as process:
        pods = user.root / "rehearsals"
        while not list(pods.glob("*/cloud-*/pods/*/.luthier/runs/*/attempts/*/job.json")) and process.poll() is None:
            time.sleep(0.05)
        os.kill(process.pid, told)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert not processes_of(user.root) and not list(pods.glob("*/"))
