"""A cron schedule of prefect.yaml fires by itself, trains once, and then finds the data unchanged."""

import time

import pytest
import yaml
from chain import PATIENCE_S, Home, working, write_spec
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter

from flows.up import deployments

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]


@pytest.fixture
def every_minute(tmp_path, prefect_api, in_prefect, tiny_model, monkeypatch):
    """prefect.yaml with the nightly retrain of a tiny spec armed for every minute, registered; and a worker."""
    home = Home(tmp_path / "home", PREFECT_API_URL=prefect_api)
    in_prefect(home)
    content = yaml.safe_load(deployments.DEPLOYMENTS.read_text())
    (nightly,) = (each for each in content["deployments"] if each["name"] == "nightly")
    nightly["parameters"] = {"spec": str(write_spec(tmp_path, tiny_model, training={"max_steps": 4}))}
    nightly["schedules"] = [nightly["schedules"][0] | {"cron": "* * * * *", "active": True}]
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(content))
    with monkeypatch.context() as patched:
        patched.setattr(deployments, "DEPLOYMENTS", tmp_path / "prefect.yaml")
        deployments.deploy()
    with working(tmp_path / "worker.log"):
        yield home
        deployments.deploy()  # disarms it


def flow_runs(flow: str) -> list:
    """Those that a schedule or a flow made, oldest first."""
    which = FlowFilter.model_validate({"name": {"any_": [flow]}})
    begun = FlowRunFilter.model_validate({"state": {"type": {"not_any_": ["SCHEDULED"]}}})
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_filter=which, flow_run_filter=begun)
    return sorted(found, key=lambda each: each.expected_start_time)


def test_the_schedule_fires_trains_and_then_leaves_unchanged_data_alone(every_minute, tmp_path):
    ended: list[str] = []
    deadline = time.monotonic() + 2 * PATIENCE_S
    while "Unchanged" not in ended:
        assert time.monotonic() < deadline, (ended, (tmp_path / "worker.log").read_text()[-3000:])
        time.sleep(1)
        ended = [each.state.name for each in flow_runs("nightly")]
    assert ended[0] == "Started" and set(ended[1:-1]) <= {"Under way", "Unchanged", "Running", "Pending"}
    assert all(each.auto_scheduled for each in flow_runs("nightly"))
    run = every_minute.run
    assert (run.report / "report.json").exists() and run.attempt_numbers() == [
        1,
        2,
        3,
    ]  # baseline, training, evaluation
    (trained,) = (each for each in flow_runs("finetune") if f"run:{run.run_id}" in each.tags)
    assert trained.state.is_completed() and "creator:schedule" in trained.tags
