"""A line of prefect.yaml changes the pool of what trains, another that of the rest; Prefect's server takes them."""

import os
import subprocess
import sys
import time

import pytest
from chain import Home
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter

from flows.up import deployments

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
TEMPLATE = deployments.PROJECT / "deployments" / "kubernetes" / "base-job-template.json"


def prefect(*arguments: object) -> None:
    told = {**os.environ, "LUTHIER_PROJECT": "/var/lib/luthier/shared/project"}
    command = [sys.executable, "-m", "prefect", *map(str, arguments)]
    done = subprocess.run(command, cwd=deployments.PROJECT, env=told, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def client(tmp_path, prefect_api, in_prefect):
    in_prefect(Home(tmp_path / "home", PREFECT_API_URL=prefect_api))
    with get_client(sync_client=True) as client:
        yield client


def test_the_process_pool_limits_what_trains_and_nothing_else(client, monkeypatch):
    monkeypatch.setenv("LUTHIER_GPU_SLOTS", "3")
    deployments.deploy()
    queues = {each.name: each.concurrency_limit for each in client.read_work_queues(work_pool_name=deployments.POOL)}
    assert (queues["gpu"], queues["default"]) == (3, None)
    by_queue = {each.name: each.work_queue_name for each in client.read_deployments()}
    assert by_queue == {"finetune": "gpu", "nightly": "default", "digest": "default", "janitor": "default"}


def test_the_server_makes_flow_runs_of_the_schedules(client):
    deployments.deploy()
    deployment = client.read_deployment_by_name("janitor/janitor").id
    ahead = {"deployment_id": {"any_": [deployment]}, "state": {"name": {"any_": ["Scheduled"]}}}
    which = FlowRunFilter.model_validate(ahead)
    while not client.read_flow_runs(flow_run_filter=which):  # else the test's time runs out
        time.sleep(0.5)


@pytest.mark.parametrize("kind", ["docker", "kubernetes"])
def test_another_pool_takes_all_deployments(client, tmp_path, kind):
    content = deployments.DEPLOYMENTS.read_text()
    for name, pool in (("training", kind), ("light", f"{kind}-light")):
        content = content.replace(f"{name}: &{name} {{<<: *process}}", f"{name}: &{name} {{<<: *{pool}}}")
    (tmp_path / "prefect.yaml").write_text(content)
    template = ["--base-job-template", TEMPLATE] if kind == "kubernetes" else []
    prefect("work-pool", "create", f"luthier-{kind}", "--type", kind, *template)
    prefect("--no-prompt", "deploy", "--all", "--prefect-file", tmp_path / "prefect.yaml")
    try:
        assert {each.work_pool_name for each in client.read_deployments()} == {f"luthier-{kind}"}
        given = {each.name: each.job_variables for each in client.read_deployments()}
        assert all(each["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30" for each in given.values())
        gpu = {"docker": "container_create_kwargs", "kubernetes": "gpus"}[kind]
        assert [name for name, variables in given.items() if gpu in variables] == ["finetune"]
    finally:
        deployments.deploy()  # others of this session look at the process pool
        client.delete_work_pool(f"luthier-{kind}")
