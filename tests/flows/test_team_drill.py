"""The drill of a team: a dozen runs on two workers while everything they stand on is killed, again and again."""

import hashlib
import itertools
import os
import signal
import time
from collections import Counter
from pathlib import Path

import httpx
import orjson
import psutil
import pytest
from postgres import running
from receivers import post, web
from s3_server import only_on_linux
from team import Team, tiny_spec, until

from flows.flow_processes import flow_processes
from luthier.run_folder import RunFolder
from luthier.storage import read_json

pytestmark = [pytest.mark.drill, pytest.mark.slow, pytest.mark.timeout(3600)]

RUNS = int(os.environ.get("RUNS", "12"))
EVERY_S = int(os.environ.get("EVERY_S", "25"))
WITHIN_S = 3000
STEPS = {"max_steps": 40, "checkpoint_every": 5}
OVER = ("COMPLETED", "FAILED", "CANCELLED")


@pytest.fixture
def team(tmp_path, s3_service, monkeypatch):
    """(the team, its Postgres, its webhook, its mail server)"""
    only_on_linux()
    monkeypatch.chdir(tmp_path)
    with running() as postgres, web() as hook, post(tmp_path) as mail:
        (tmp_path / "luthier.toml").write_text(f"""
            [channels.hook]
            kind = "webhook"
            url = "{hook.url}"
            {mail.channel}
        """)
        secrets = {"MAIL_PASSWORD": "right-horse", "SSL_CERT_FILE": str(mail.ca)}
        yield Team(tmp_path / "home", postgres, s3_service, LUTHIER_GPU_SLOTS="2", **secrets), postgres, hook, mail


def test_a_dozen_runs_outlive_everything(team, tmp_path, tiny_model):
    team, postgres, hook, mail = team
    with team.up("--workers", "2", "--limit", "1") as up:
        ids = [_queue(team, tiny_spec(tmp_path, tiny_model, f"run-{n}", **STEPS)) for n in range(RUNS)]
        began = time.monotonic()
        killed = _disturb(team, postgres, ids, began + WITHIN_S)
        states = {id: _flow_run(team, id) for id in ids}
        took = time.monotonic() - began
        completed = {body["id"] for body in hook.bodies if body["kind"] == "completed"}
        until(lambda: len({body["id"] for body in hook.bodies if body["kind"] == "completed"}) >= RUNS, 180)
        until(lambda: len(mail.mails) >= len(hook.bodies), 180)
        children = psutil.Process(up.pid).children(recursive=True)
    runs = [RunFolder(folder) for folder in sorted((team.root / "runs").iterdir())]
    figures = {
        "runs": RUNS,
        "seconds": round(took),
        "killed": dict(killed),
        "states": dict(Counter(state["state"]["type"] for state in states.values())),
        "starts": sorted(state["run_count"] for state in states.values()),
        "attempts": [_attempts(run) for run in runs],
        "steps_repeated": [_repeated(run) for run in runs],
        "messages": dict(Counter(body["kind"] for body in hook.bodies)),
        "mails": len(mail.mails),
        "completed_at_once": len(completed),
    }
    print(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    Path(os.environ.get("FIGURES", tmp_path / "figures.json")).write_bytes(orjson.dumps(figures))
    assert figures["states"] == {"COMPLETED": RUNS} and len(runs) == RUNS
    for run in runs:
        _trained_once(run)
    assert max(Counter(body["id"] for body in hook.bodies).values()) == 1
    assert figures["messages"]["completed"] == RUNS and figures["mails"] == len(hook.bodies)
    assert up.returncode == 0 and psutil.wait_procs(children, timeout=20)[1] == [] and team.processes() == []


def _disturb(team, postgres, ids, deadline):
    """Kill one thing after the other until all runs are over; how often each was killed."""
    killed = Counter()
    blows = itertools.cycle(["server", "worker-1", "database", "flow", "worker-2 and its flow", "mlflow"])
    while _open(team, ids):
        assert time.monotonic() < deadline, {id: _flow_run(team, id)["state"] for id in _open(team, ids)}
        blow = next(blows)
        if _strike(team, postgres, blow):
            killed[blow] += 1
        time.sleep(EVERY_S)
    return killed


def _strike(team, postgres, blow):
    """Whether there was something to kill."""
    if blow == "database":
        postgres.kill()
        time.sleep(5)
        postgres.start()
        return True
    victims = [] if blow == "flow" else [team.pid(blow.partition(" ")[0])]
    if "flow" in blow:
        victims += [each.pid for each in _flow_of(team, victims)]
    for pid in victims:
        os.killpg(pid, signal.SIGKILL)
    return bool(victims)


def _flow_of(team, workers):
    """The processes at the head of a flow run; only those of the worker where one is given."""
    heads = [each for found in flow_processes(team.root).values() for each in found if os.getpgid(each.pid) == each.pid]
    return [each for each in heads if not workers or each.ppid() in workers][:1]


def _queue(team, spec):
    found = httpx.get(f"{team.api}/deployments/name/finetune/finetune", timeout=30).raise_for_status().json()
    body = {"parameters": {"spec": spec}}
    return httpx.post(f"{team.api}/deployments/{found['id']}/create_flow_run", json=body, timeout=30).json()["id"]


def _flow_run(team, id):
    return until(lambda: _ask(f"{team.api}/flow_runs/{id}"))


def _ask(address):
    try:
        answer = httpx.get(address, timeout=30)
    except httpx.HTTPError:
        return None
    return answer.json() if answer.status_code == 200 else None


def _open(team, ids):
    return [id for id in ids if _flow_run(team, id)["state"]["type"] not in OVER]


def _events(run, kind):
    lines = (orjson.loads(line) for line in run.events.read_bytes().splitlines())
    return [event for event in lines if event["kind"] == kind]


def _steps(run):
    """What was trained, not what was measured on the validation set."""
    return [event for event in _events(run, "metrics") if "train_loss" in event]


def _attempts(run):
    return len({event["attempt"] for event in _steps(run)})


def _repeated(run):
    steps = Counter(event["step"] for event in _steps(run))
    return sum(count - 1 for count in steps.values())


def _trained_once(run):
    """Each attempt began where the last whole checkpoint was; one adapter came of it, the one that is reported."""
    seen, saved = {}, {}
    for event in _steps(run):
        seen.setdefault(event["attempt"], []).append(event["step"])
    for event in _events(run, "checkpoint"):
        saved.setdefault(event["attempt"], []).append(event["step"])
    for attempt, steps in seen.items():
        before = max((step for other, steps in saved.items() if other < attempt for step in steps), default=0)
        assert steps == list(range(steps[0], steps[-1] + 1)) and steps[0] == before + 1, (run.run_id, attempt, before)
    finished = [event for event in _events(run, "stage") if (event["stage"], event["state"]) == ("train", "finished")]
    assert len(finished) == 1, run.run_id
    report = read_json(run.report / "report.json")
    assert report["training"]["steps"] == STEPS["max_steps"]
    adapter = (run.adapter / "adapter_model.safetensors").read_bytes()
    assert report["adapter_sha256"] == hashlib.sha256(adapter).hexdigest()
