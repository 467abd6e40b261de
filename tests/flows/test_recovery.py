"""What goes on by itself after a crash, and what is left alone: states on a real server, real processes."""

import subprocess
import sys
from datetime import timedelta

import psutil
import pytest
from chain import Home
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.states import Cancelled, Cancelling, Crashed, Pending, Running

from flows import recovery
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.storage import write_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@flow(name="finetune")
def stand_in():
    """Never carried out here."""


@pytest.fixture
def home(tmp_path, prefect_api, in_prefect):
    home = Home(tmp_path / "home", PREFECT_API_URL=prefect_api)
    in_prefect(home)
    return home


@pytest.fixture
def client(home):
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def make(client, tmp_path):
    """A flow run of a deployment in a state; its tags."""
    flow_id = client.create_flow(stand_in)
    deployment = client.create_deployment(flow_id, name=tmp_path.name, tags=["luthier"])

    def build(state, *tags: str):
        made = client.create_flow_run_from_deployment(deployment, tags=list(tags))
        client.set_flow_run_state(made.id, state, force=True)
        return made.id

    yield build
    client.delete_deployment(deployment)


@pytest.fixture
def at_once(monkeypatch):
    for name in ("TAKEN_FOR", "CANCELLING_FOR"):
        monkeypatch.setattr(recovery, name, timedelta(0))


@pytest.fixture
def process(home):
    """A process that works on a flow run of the home."""
    started = []

    def build(flow_run):
        environment = {**home.environment, "PREFECT__FLOW_RUN_ID": str(flow_run)}
        sleeping = [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(600)"]
        started.append(subprocess.Popen(sleeping, env=environment, stdout=subprocess.PIPE, start_new_session=True))
        started[-1].stdout.readline()
        return started[-1]

    yield build
    for each in started:
        each.kill()
        each.wait()


def recover(client, home):
    return recovery.recover(client, Settings(home=home.root))


def state(client, flow_run):
    found = client.read_flow_run(flow_run).state
    return found.type.value, found.message or ""


def test_a_crashed_flow_run_is_started_again_five_times(client, home, make):
    crashed = make(Running())
    for time in range(1, 7):
        client.set_flow_run_state(crashed, Crashed(), force=True)
        assert len(recover(client, home)) == (time <= 5)
        if time <= 5:
            assert state(client, crashed) == ("SCHEDULED", f"Started again after a crash ({time} of 5)")
            client.set_flow_run_state(crashed, Running(), force=True)
    assert state(client, crashed)[0] == "CRASHED"


def test_one_that_was_taken_for_dead_in_the_queue_has_not_crashed(client, home, make):
    waiting = make(Crashed())
    assert len(recover(client, home)) == 1
    assert state(client, waiting) == ("SCHEDULED", "Started again after a crash (0 of 5)")


def test_one_whose_process_lives_is_left_alone_until_it_ends(client, home, make, process):
    crashed = make(Crashed())
    living = process(crashed)
    assert recover(client, home) == []
    living.kill()
    living.wait()
    assert len(recover(client, home)) == 1


def test_one_whose_run_another_works_on_is_left_alone(client, home, make):
    before = make(Crashed(), "run:bot-1")
    make(Running(), "run:bot-1")
    assert recover(client, home) == [] and state(client, before)[0] == "CRASHED"


def test_what_no_deployment_started_is_left_alone(client, home):
    alone = client.create_flow_run(stand_in, state=Crashed())
    assert recover(client, home) == [] and state(client, alone.id)[0] == "CRASHED"


def test_what_a_worker_took_and_never_started_is_in_line_again(client, home, make, process, at_once):
    lost, starting = make(Pending()), make(Pending())
    process(starting)
    assert len(recover(client, home)) == 1
    assert [state(client, each)[0] for each in (lost, starting)] == ["SCHEDULED", "PENDING"]


def test_a_worker_has_its_time_to_start_and_to_cancel(client, home, make):
    make(Pending())
    client.set_flow_run_state(make(Running()), Cancelling(), force=True)
    assert recover(client, home) == []


def test_what_was_cancelled_with_its_worker_gone_is_ended(client, home, make, process, at_once):
    cancelling = make(Running())
    client.set_flow_run_state(cancelling, Cancelling(), force=True)
    living = process(cancelling)
    assert len(recover(client, home)) == 1
    assert state(client, cancelling)[0] == "CANCELLED" and not psutil.pid_exists(living.pid)


def test_what_was_cancelled_elsewhere_is_ended(client, home, make, process, at_once):
    living = process(make(Cancelled()))
    recover(client, home)
    assert not psutil.pid_exists(living.pid)


def test_a_running_one_that_nobody_holds_is_dead_and_goes_on(client, home, make, process):
    dead, living = make(Running()), make(Running())
    for number, flow_run in enumerate((dead, living)):
        run = RunFolder(home.root / "runs" / f"run-{number}")
        write_json(run.root / "prefect.json", {"prefect_flow_run_id": str(flow_run)})
    process(living)
    assert len(recover(client, home)) == 2  # shown dead, then started again
    assert [state(client, each)[0] for each in (dead, living)] == ["SCHEDULED", "RUNNING"]
