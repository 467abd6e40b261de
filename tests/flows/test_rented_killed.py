"""What a run on rented pods survives at home: the flow killed or told to end, its Prefect server killed."""

import os
import signal

import pytest
from chain import PATIENCE_S
from rented_home import LONG, Api, RentedHome, cloud_of, rented_spec

from luthier.compute.pods.record import Records
from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def cloud(tmp_path):
    with cloud_of(tmp_path) as cloud:
        yield cloud


@pytest.fixture
def alone(tmp_path, cloud):
    """A home with a Prefect server of its own, whose clients do not wait a minute for it to come back."""
    home = RentedHome(tmp_path / "home", cloud, PREFECT_CLIENT_MAX_RETRIES="0")
    home.environment.pop("PREFECT_API_URL", None)
    yield home
    home.stop_server()


def test_a_killed_flow_is_continued_with_its_pod(tmp_path, cloud, tiny_model, prefect_api):
    home = RentedHome(tmp_path / "home", cloud, PREFECT_API_URL=prefect_api)
    spec = rented_spec(tmp_path, tiny_model, training=LONG)
    with home.started("run", spec) as process:
        home.at_step(10, process)
        os.kill(process.pid, signal.SIGKILL)
    assert len(cloud.running_pods()) == 1  # it works on
    killed = home.flow_run
    done = home.luthier("run", spec)
    assert done.returncode in (0, 3, 4), done.stderr
    assert "is still with" in done.stderr
    api = Api(prefect_api)
    assert [api.flow_run(each)["state"]["name"] for each in (killed, home.flow_run)] == ["Crashed", "Completed"]
    assert len(cloud.pods()) == 1 and cloud.running_pods() == []
    assert home.run.attempt_numbers() == [1, 2, 3]  # one for each stage
    assert_nothing_was_trained_twice(home)
    report = read_json(home.run.report / "report.json")
    assert report["interruptions"] == [] and report["training"]["steps"] == LONG["max_steps"]


@pytest.mark.drill
def test_sigterm_ends_the_pods_and_what_was_saved_is_used(alone, tmp_path, cloud, tiny_model):
    spec = rented_spec(tmp_path, tiny_model, training=LONG)
    with alone.started("run", spec) as process:
        alone.at_step(10, process)
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "cancelled. The same command continues." in err and "Traceback" not in err
    assert cloud.running_pods() == [] and Records(alone.run).open() == []
    saved = max(alone.stored_steps())
    again = alone.luthier("run", spec)
    assert again.returncode in (0, 3, 4), again.stderr
    assert [event["step"] for event in alone.events("resumed")] == [saved]
    assert_nothing_was_trained_twice(alone)


@pytest.mark.drill
def test_a_killed_prefect_server_leaves_no_pod_and_the_same_command_continues(alone, tmp_path, cloud, tiny_model):
    spec = rented_spec(tmp_path, tiny_model, training=LONG)
    with alone.started("run", spec) as process:
        alone.at_step(10, process)
        os.killpg(read_json(alone.root / "prefect" / "server.json")["pid"], signal.SIGKILL)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 7, err
    assert "the Prefect server went away" in err and "The same command continues." in err and "Traceback" not in err
    assert cloud.running_pods() == [] and Records(alone.run).open() == []
    again = alone.luthier("run", spec)
    assert again.returncode in (0, 3, 4), again.stderr
    assert_nothing_was_trained_twice(alone)


def assert_nothing_was_trained_twice(home: RentedHome) -> None:
    trained = {(event["step"], event["attempt"]) for event in home.events("metrics")}
    assert sorted(step for step, _ in trained) == list(range(1, LONG["max_steps"] + 1))
