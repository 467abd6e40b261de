"""The janitor flow and the automation, on a real Prefect server and the simulated cloud."""

import os
import time

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.states import Failed, Running
from rented_home import RentedHome, cloud_of, rent, rented_spec

from flows import automations
from flows.janitor import janitor
from luthier.compute.pods.record import Records
from luthier.errors import ProviderDenied
from luthier.run_folder import RunFolder
from luthier.storage import write_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@flow
def some_flow():
    """Stands for a flow run that is never carried out here."""


@task
def some_task():
    """Stands for a task run of it."""


@pytest.fixture
def home(tmp_path, prefect_api, in_prefect):
    with cloud_of(tmp_path) as cloud:
        home = RentedHome(tmp_path / "home", cloud, PREFECT_API_URL=prefect_api)
        in_prefect(home)
        yield home


@pytest.fixture
def client(home):
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def running(home, client, tmp_path, tiny_model):
    """Make a run with a pod, idle for an hour, whose flow run counts as running."""

    def build(name: str) -> tuple[RunFolder, str]:
        run = RunFolder(home.root / "runs" / name)
        rent(run, rented_spec(tmp_path, tiny_model))
        flow_run = str(client.create_flow_run(some_flow, state=Running()).id)
        write_json(run.root / "prefect.json", {"prefect_flow_run_id": flow_run})
        for path in run.root.rglob("*"):
            os.utime(path, (time.time() - 3600,) * 2)
        return run, flow_run

    return build


def state(client, flow_run) -> str:
    return client.read_flow_run(flow_run).state.name


def test_what_is_dead_is_ended_and_shown_so_and_what_lives_is_left_alone(home, running, client):
    dead, dead_flow = running("dead")
    live, live_flow = running("live")
    over = client.create_flow_run(some_flow, state=Failed())
    orphan, worked_on = (
        client.create_task_run(some_task, flow_run_id, dynamic_key="1", state=Running())
        for flow_run_id in (over.id, live_flow)
    )
    with live.locked():
        told = janitor()
    assert [pod.name.rpartition("-")[0].endswith("live") for pod in home.cloud.running_pods()] == [True]
    assert Records(dead).open() == [] and len(Records(live).open()) == 1
    assert (state(client, dead_flow), state(client, live_flow)) == ("Crashed", "Running")
    assert client.read_task_run(orphan.id).state.name == "Crashed"
    assert client.read_task_run(worked_on.id).state.name == "Running"
    assert len(told["pods_ended"]) == 1 and "nobody works on its run" in told["pods_ended"][0]
    assert f"task run {orphan.name}" in told["marked_crashed"]
    with live.locked():
        assert janitor() == {"pods_ended": [], "marked_crashed": []}


def test_without_a_key_it_succeeds_where_nothing_was_ever_rented(home, monkeypatch, tmp_path):
    home.root.mkdir(parents=True)
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_wrong")
    assert janitor() == {"pods_ended": [], "marked_crashed": []}


def test_without_a_key_it_fails_where_something_was_rented(running, monkeypatch):
    running("dead")
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_wrong")
    with pytest.raises(ProviderDenied):
        janitor()


def test_the_automation_is_there_once_however_often_it_is_registered(home, client):
    automations.register()
    automations.register()
    (found,) = client.read_automations_by_name(automations.silence_is_a_crash().name)
    assert found.enabled and found.trigger.within == automations.SILENT_FOR
