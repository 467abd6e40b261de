"""Deployed runs on rented pods under a Prefect worker: cancelled from the UI, flow killed, worker killed."""

import os
import signal
import subprocess
import time

import psutil
import pytest
import yaml
from chain import PATIENCE_S
from rented_home import LONG, Api, RentedHome, cloud_of, rented_spec

from flows import process
from flows.up import deployments
from flows.up.workers import worker_command
from luthier.compute.pods.record import Records

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]


class Deployed:
    """A home whose worker takes runs of the deployment."""

    def __init__(self, home: RentedHome, spec: dict, api: Api):
        self.home, self.spec, self.api = home, spec, api
        self.workers: list[subprocess.Popen] = []
        self.start_worker()

    def start_worker(self) -> None:
        self.workers.append(process.launch(worker_command(), self.home.root.with_name("worker.log"), {}))

    def start(self) -> str:
        """Ask for a run, and wait until it trains; returns its flow run's id."""
        from prefect.deployments import run_deployment

        flow_run = run_deployment("finetune/finetune", parameters={"spec": self.spec}, timeout=0)
        self.wait(lambda: max(self.home.stored_steps(), default=0) >= 10)
        return str(flow_run.id)

    def finish(self) -> None:
        """Ask for the same run again, and wait for its end."""
        from prefect.deployments import run_deployment

        done = run_deployment("finetune/finetune", parameters={"spec": self.spec}, timeout=PATIENCE_S, poll_interval=1)
        assert done.state.is_completed()
        assert self.home.cloud.running_pods() == []

    def kill_flow(self, sign: int = signal.SIGKILL) -> int:
        """Signal the process that holds the run."""
        pid = int((self.home.run.root / "lock").read_text())
        os.kill(pid, sign)
        return pid

    def state(self, flow_run: str) -> str:
        return self.api.flow_run(flow_run)["state"]["name"]

    def wait(self, condition) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self.home.root.with_name("worker.log").read_text()[-3000:]
            time.sleep(0.1)


@pytest.fixture
def deployed(tmp_path, tiny_model, prefect_api, in_prefect):
    with cloud_of(tmp_path) as cloud:
        home = RentedHome(tmp_path / "home", cloud, PREFECT_API_URL=prefect_api)
        in_prefect(home)
        deployments.deploy()
        spec = yaml.safe_load(rented_spec(tmp_path, tiny_model, training=LONG).read_text())
        spec["data"]["path"] = str(tmp_path / "data.jsonl")
        deployed = Deployed(home, spec, Api(prefect_api))
        yield deployed
        for worker in deployed.workers:
            process.stop(worker.pid)
            worker.wait()


def test_cancelled_from_the_ui_it_saves_and_ends_its_pod(deployed):
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelling

    flow_run = deployed.start()
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run, Cancelling())
    deployed.wait(lambda: deployed.home.cloud.running_pods() == [])
    deployed.wait(lambda: deployed.state(flow_run) == "Cancelled")
    assert Records(deployed.home.run).open() == []
    saved = max(deployed.home.stored_steps())
    deployed.finish()
    assert [event["step"] for event in deployed.home.events("resumed")] == [saved]


def test_a_flow_killed_under_its_worker_is_crashed_and_its_pod_ended(deployed):
    flow_run = deployed.start()
    deployed.kill_flow()
    deployed.wait(lambda: deployed.home.cloud.running_pods() == [])
    assert deployed.state(flow_run) == "Crashed"
    (record,) = Records(deployed.home.run).all()
    assert record.ended_at and record.end_cause == "The flow run is Crashed"
    deployed.finish()


def test_a_flow_ends_with_its_worker_and_the_next_run_continues(deployed):
    flow_run = deployed.start()
    deployed.workers[0].kill()
    deployed.workers[0].wait()
    deployed.wait(lambda: deployed.state(flow_run) == "Crashed")
    assert Records(deployed.home.run).open() == [] and deployed.home.cloud.running_pods() == []
    saved = max(deployed.home.stored_steps())
    deployed.start_worker()
    deployed.finish()
    assert [event["step"] for event in deployed.home.events("resumed")] == [saved]


def test_with_its_worker_and_itself_killed_it_is_crashed_for_its_silence_and_the_janitor_ends_the_pod(deployed):
    from flows.cli.janitor import janitor

    flow_run = deployed.start()
    deployed.workers[0].kill()
    pid = deployed.kill_flow()
    deployed.wait(lambda: not psutil.pid_exists(pid))
    assert len(deployed.home.cloud.running_pods()) == 1
    deployed.wait(lambda: deployed.state(flow_run) == "Crashed")  # by the automation, after 90 s
    with pytest.raises(SystemExit, match="0"):
        janitor.main(args=[], standalone_mode=False)
    assert deployed.home.cloud.running_pods() == []


def test_a_run_that_was_only_held_up_goes_on_and_is_completed(deployed):
    flow_run = deployed.start()
    pid = deployed.kill_flow(signal.SIGSTOP)
    deployed.wait(lambda: deployed.state(flow_run) == "Crashed")
    os.kill(pid, signal.SIGCONT)
    deployed.wait(lambda: deployed.state(flow_run) == "Completed")
    assert len(deployed.home.cloud.pods()) == 1 and deployed.home.cloud.running_pods() == []
