"""A machine joins by one command: it takes runs within its hours, none outside, and leaves nothing behind."""

import os
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from chain import PATIENCE_S, Home, wait_until, write_spec
from sharing_homes import Team, wait_for_step

from flows.flow_processes import flow_processes
from flows.up import deployments
from luthier.settings import Settings
from luthier.sharing.data import send_data
from luthier.spec_file import load_spec
from luthier.storage import read_json, read_jsonl
from tasks.leaving import WHY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def team(s3_service, tmp_path, prefect_api, in_prefect, monkeypatch) -> Team:
    """The deployments are on the session's server, and this process is the machine that submits."""
    team = Team(s3_service, tmp_path, prefect_api)
    in_prefect(Home(tmp_path / "submitter", **team.environment))
    for name, value in team.environment.items():
        monkeypatch.setenv(name, value)
    deployments.deploy()
    return team


@pytest.fixture
def client(team):
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        yield client


def submit(client, spec: dict | None, queue: str) -> UUID:
    deployment = client.read_deployment_by_name("finetune/finetune").id
    given = {"work_queue_name": queue, "parameters": {"spec": spec}}
    client.create_work_queue(queue, work_pool_name=deployments.POOL)
    return client.create_flow_run_from_deployment(deployment, **given).id


def state_of(client, flow_run: UUID):
    return client.read_flow_run(flow_run).state


def wait_for_state(client, flow_run: UUID, *names: str):
    deadline = time.monotonic() + PATIENCE_S
    while (state := state_of(client, flow_run)).name not in names:
        assert time.monotonic() < deadline, state
        time.sleep(0.5)
    return state


def hours_around(now: datetime, shift: int) -> str:
    begin, end = (now + timedelta(hours=shift + each) for each in (-1, 2))
    return f"{begin:%H:%M}-{end:%H:%M}"


def left_of(home: Home) -> list[psutil.Process]:
    """Processes of this home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("LUTHIER_HOME") == str(home.root):
                found.append(process)
        except psutil.Error:
            continue
    return found


def leave(home: Home, process) -> None:
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE_S) in (0, 130)
    assert not left_of(home)


def test_runs_are_taken_within_the_hours_only(team, client, tmp_path):
    home, queue = team.home("idle"), "join-hours"
    nothing_there = {"name": "tiny", "data": {"path": str(tmp_path / "missing.jsonl")}}
    flow_run = submit(client, nothing_there, queue)
    told = ["join", "--queue", queue, "--priority", "3", "--limit", "1", "--hours"]
    with home.started(*told, hours_around(datetime.now(), 6)) as closed:
        assert "taking no runs until" in next(line for line in closed.stderr if "taking" in line)
        time.sleep(8)
        assert state_of(client, flow_run).name in ("Scheduled", "Late")
        leave(home, closed)
    assert client.read_work_queue_by_name(queue, work_pool_name=deployments.POOL).priority == 3
    with home.started(*told, hours_around(datetime.now(), 0)) as opened:
        wait_for_state(client, flow_run, "Failed")
        leave(home, opened)


def test_a_server_that_is_not_there_or_refuses_is_named(tmp_path):
    home = Home(tmp_path / "home")
    done = home.luthier("join")
    assert done.returncode == 7
    assert "no Prefect server is named" in done.stderr
    done = home.luthier("join", "--server", "http://127.0.0.1:9/api")
    assert done.returncode == 7
    assert "does not answer" in done.stderr


@pytest.mark.drill
def test_a_run_goes_on_on_another_machine_when_the_first_one_leaves(team, client, tmp_path, tiny_model, straight):
    first, second, queue = team.home("a"), team.home("b"), "join-leaves"
    spec = load_spec(write_spec(tmp_path / "submitted", tiny_model))
    sent = send_data(spec, Settings(home=tmp_path / "submitter")).model_dump(mode="json")
    Path(tmp_path / "submitted").rename(tmp_path / "gone")
    flow_run = submit(client, sent, queue)
    with first.started("join", "--queue", queue, "--limit", "1") as process:
        wait_for_step(team, first, 12, process)
        leave(first, process)
    left = state_of(client, flow_run)
    assert (left.type.value, left.message) == ("SCHEDULED", WHY)
    assert read_json(first.run.status)["state"] == "waiting"
    with second.started("join", "--queue", queue, "--limit", "1") as process:
        wait_until(lambda: state_of(client, flow_run).is_final(), process)
        leave(second, process)
    assert state_of(client, flow_run).name == "Completed"
    report = read_json(second.run.report / "report.json")
    assert report["adapter_sha256"] == read_json(straight[0].run.report / "report.json")["adapter_sha256"]
    assert report["training"]["resumed_from"] >= 12
    events = read_jsonl(second.run.events)
    started = [event["stage"] for event in events if event["kind"] == "stage" and event["state"] == "started"]
    assert started.count("validate-data") == started.count("baseline-eval") == 1
    assert not flow_processes(first.root)
