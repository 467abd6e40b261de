"""luthier submit on a real server: checked, put in line once, followed, scheduled."""

import json
import subprocess
from datetime import datetime, timedelta

import pytest
from chain import Home, working, write_spec
from prefect.client.orchestration import get_client

from flows.cli.submit import moment
from flows.submission import in_line
from flows.up import deployments
from luthier.errors import SpecError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def up(tmp_path, prefect_api, in_prefect):
    """A home whose server knows the deployments; no worker yet."""
    home = Home(tmp_path / "home", PREFECT_API_URL=prefect_api)
    in_prefect(home)
    deployments.deploy()
    return home


@pytest.fixture
def client(in_prefect):
    with get_client(sync_client=True) as client:
        yield client


@pytest.fixture
def worker(up, tmp_path):
    """Carries out what is in line."""
    log = tmp_path / "worker.log"
    with working(log):
        yield log


def submit(home: Home, *arguments: object, code: int = 0) -> dict:
    done: subprocess.CompletedProcess[str] = home.luthier("submit", *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_a_run_is_in_line_once_with_the_tags_of_its_creator_and_project(up, client, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, seed=101, project={"name": "acme"})
    first = submit(up, spec, "--at", "2099-01-01")
    second = submit(up, spec)
    assert (first["queued"], second["queued"]) == (True, False)
    assert first["flow_run_id"] == second["flow_run_id"] and first["flow_run_id"] in first["page"]
    flow_run = client.read_flow_run(first["flow_run_id"])
    assert {"project:acme", f"run:{first['run_id']}"} < set(flow_run.tags)
    assert any(tag.startswith("creator:") for tag in flow_run.tags)
    assert flow_run.work_queue_name == "gpu" and flow_run.name == "acme · tiny · balanced"
    assert flow_run.next_scheduled_start_time.year == 2098 + 1
    client.delete_flow_run(flow_run.id)
    assert submit(up, spec, "--queue", "night")["queued"]


def test_bad_data_are_never_in_line(home, client, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, seed=102)
    (tmp_path / "data.jsonl").write_text('{"prompt": "a"}\n' * 20)
    assert "completion" in submit(home, spec, code=2)["error"]
    assert in_line(client, home.run.run_id) is None


def test_without_a_server_it_says_how_to_start_one(tmp_path, tiny_model):
    home = Home(tmp_path / "home")
    home.environment.pop("PREFECT_API_URL", None)
    assert "luthier up" in submit(home, write_spec(tmp_path, tiny_model, seed=103), code=7)["error"]


def test_it_is_followed_to_its_exit_code_and_complete_afterwards(up, worker, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, seed=104, training={"max_steps": 4})
    done = up.luthier("submit", spec, "--wait", "--json")
    told = json.loads(done.stdout)
    assert told["state"] == "Completed", worker.read_text()[-3000:]
    assert done.returncode == told["exit_code"] in (0, 3, 4)
    after = up.luthier("submit", spec, "--json")
    assert after.returncode == done.returncode and "is complete" in after.stderr
    assert json.loads(after.stdout)["run_id"] == told["run_id"]
    assert json.loads(after.stdout)["training"]["steps"] == 4


def test_a_schedule_of_ones_own_is_one_a_spec_and_outlives_registering_again(up, client, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, seed=105)
    submit(up, spec, "--every", "0 3 * * *")
    told = submit(up, spec, "--every", "0 4 * * *")
    deployments.deploy()
    schedules = client.read_deployment_by_name("nightly/nightly").schedules
    assert {each.slug: each.active for each in schedules} == {"nightly": False, told["slug"]: True}
    (own,) = (each for each in schedules if each.slug == told["slug"])
    assert own.schedule.cron == "0 4 * * *" and own.parameters == {"spec": str(spec)}
    client.delete_deployment_schedule(client.read_deployment_by_name("nightly/nightly").id, own.id)
    assert "Five fields" in submit(up, spec, "--every", "nonsense", code=2)["error"]


NOW = datetime(2026, 11, 25, 15, 0).astimezone()


def test_a_time_of_day_is_the_next_one():
    assert moment("22:00", NOW) == NOW.replace(hour=22)
    assert moment("02:00", NOW) == NOW.replace(hour=2) + timedelta(days=1)
    assert moment("2026-12-01T22:00", NOW).day == 1


@pytest.mark.parametrize("text", ["soon", "2026-11-25T14:00", "25:00"])
def test_a_time_that_cannot_be_is_refused(text):
    with pytest.raises(SpecError):
        moment(text, NOW)
