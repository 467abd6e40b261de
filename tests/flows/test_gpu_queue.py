"""The limit of GPU slots, while the server is killed and started again."""

import json
import os
import signal
import time

import pytest
from chain import PATIENCE_S, Home, working, write_spec
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import process, server
from flows.up import deployments
from luthier.settings import Settings
from luthier.storage import read_jsonl

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1200)]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A home with a server of its own, one GPU slot and a worker; and how to kill the server and start it again."""
    settings = Settings(home=tmp_path / "home")
    port = server.free_port()
    url, started = server.begin(settings, port)
    home = Home(settings.root, PREFECT_API_URL=url, LUTHIER_GPU_SLOTS="1")
    for name, value in (server.environment(settings) | home.environment).items():
        monkeypatch.setenv(name, value)

    def restart() -> None:
        nonlocal started
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        _, started = server.begin(settings, port)
        assert server.running(server.prefect_home(settings)) == url

    assert server.running(server.prefect_home(settings)) == url
    with temporary_settings({PREFECT_API_URL: url}):
        deployments.deploy()
        with working(tmp_path / "worker.log"):
            yield home, restart
        process.stop(started.pid)
        started.wait()


def test_one_slot_is_one_run_at_a_time_whatever_happens_to_the_server(own, tmp_path, tiny_model):
    home, restart = own
    told = [submit(home, tmp_path / name, tiny_model, name) for name in ("first", "second")]
    events = home.root / "runs" / told[0]["run_id"] / "events.jsonl"
    wait_for(lambda: events.exists() and any(each["kind"] == "metrics" for each in read_jsonl(events)))
    assert states(told) == ["RUNNING", "SCHEDULED"]
    restart()
    wait_for(lambda: states(told)[0] == "COMPLETED" or states(told)[1] != "SCHEDULED")
    assert states(told)[0] == "COMPLETED"
    wait_for(lambda: states(told)[1] == "COMPLETED")
    with get_client(sync_client=True) as client:
        first, second = (client.read_flow_run(each["flow_run_id"]) for each in told)
    assert first.run_count == second.run_count == 1
    assert second.start_time >= first.end_time


def submit(home: Home, folder, model, name: str) -> dict:
    spec = write_spec(folder, model, training={"epochs": 40})
    done = home.luthier("submit", spec, "--set", f"name={name}", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def states(told: list[dict]) -> list[str]:
    with get_client(sync_client=True) as client:
        return [client.read_flow_run(each["flow_run_id"]).state_type.value for each in told]


def wait_for(condition) -> None:
    deadline = time.monotonic() + 2 * PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)
