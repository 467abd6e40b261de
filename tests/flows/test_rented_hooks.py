"""What Prefect calls when a flow run ends, in both of its ways, on pods of the simulated cloud."""

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelling
from rented_home import RentedHome, cloud_of, rent, rented_spec

from flows.finetune import finetune
from flows.hooks import end_pods
from luthier.compute.pods.record import Records
from luthier.run_folder import RunFolder
from luthier.storage import write_json


@pytest.fixture
def rented(tmp_path, tiny_model, monkeypatch):
    """(cloud, a run with a live pod, the flow run that worked on it)."""
    with cloud_of(tmp_path) as cloud:
        home = RentedHome(tmp_path / "home", cloud)
        for name, value in home.environment.items():
            monkeypatch.setenv(name, value)
        run = RunFolder(home.root / "runs" / "tiny-1")
        flow_run = FlowRun(flow_id="00000000-0000-0000-0000-000000000001", name="tiny")
        rent(run, rented_spec(tmp_path, tiny_model))
        write_json(run.root / "prefect.json", {"prefect_flow_run_id": str(flow_run.id), "prefect_api_url": ""})
        yield cloud, run, flow_run


def test_by_position_as_the_engine_does(rented):
    cloud, run, flow_run = rented
    end_pods(finetune, flow_run, Cancelling())
    assert cloud.running_pods() == []
    (record,) = Records(run).all()
    assert record.ended_at and record.end_cause == "The flow run is Cancelling"


def test_without_the_settings_to_rent_by(rented, monkeypatch):
    cloud, run, flow_run = rented
    for name in ("LUTHIER_STORAGE", "LUTHIER_POD_IMAGE"):
        monkeypatch.delenv(name)
    end_pods(finetune, flow_run, Cancelling())
    assert cloud.running_pods() == [] and Records(run).open() == []


def test_by_name_as_the_runner_does(rented):
    cloud, _, flow_run = rented
    end_pods(flow=finetune, flow_run=flow_run, state=Cancelling())
    assert cloud.running_pods() == []


def test_pods_that_another_process_works_with_are_left_alone(rented):
    cloud, run, flow_run = rented
    with run.locked():
        end_pods(finetune, flow_run, Cancelling())
        assert len(cloud.running_pods()) == 1


def test_pods_of_other_flow_runs_are_left_alone(rented):
    cloud, _, _ = rented
    end_pods(finetune, FlowRun(flow_id="00000000-0000-0000-0000-000000000001", name="other"), Cancelling())
    assert len(cloud.running_pods()) == 1


def test_that_a_pod_could_not_be_ended_is_said_and_fails_nothing(rented, monkeypatch, capsys):
    cloud, run, flow_run = rented
    monkeypatch.setattr("luthier.compute.pods.ending.LOOK_S", 0.01)
    cloud.partition_api()
    end_pods(finetune, flow_run, Cancelling())
    assert "may still run" in capsys.readouterr().out and Records(run).open()


def test_the_flow_has_them_for_every_bad_end():
    for hooks in (finetune.on_failure_hooks, finetune.on_crashed_hooks, finetune.on_cancellation_hooks):
        assert hooks[0] is end_pods
