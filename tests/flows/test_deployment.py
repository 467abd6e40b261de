"""prefect.yaml as people use it: registered, picked up by a worker, run on the tiny model."""

import subprocess

import pytest
import yaml
from chain import PATIENCE_S, Home, write_spec

from flows import process, services
from luthier.run_folder import RunFolder
from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def deployed(tmp_path, prefect_api, in_prefect):
    """The deployments of prefect.yaml on the session's server, and a worker that looks for their runs."""
    in_prefect(Home(tmp_path / "home", PREFECT_API_URL=prefect_api))
    services.deploy()
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(services.worker_command(), stdout=log, stderr=log, start_new_session=True)
    yield tmp_path
    process.stop(worker.pid)
    worker.wait()


def test_a_deployed_run_reaches_its_report(deployed, tiny_model):
    from prefect.deployments import run_deployment

    spec = yaml.safe_load(write_spec(deployed, tiny_model, training={"max_steps": 4}).read_text())
    spec["data"]["path"] = str(deployed / "data.jsonl")
    done = run_deployment("finetune/finetune", parameters={"spec": spec}, timeout=PATIENCE_S, poll_interval=1)
    assert done.state.is_completed(), (deployed / "worker.log").read_text()[-3000:]
    (folder,) = (deployed / "home" / "runs").iterdir()
    assert read_json(RunFolder(folder).report / "report.json")["training"]["steps"] == 4


def test_the_form_shows_every_section_with_descriptions(deployed, prefect_api):
    import httpx

    found = httpx.get(f"{prefect_api}/deployments/name/finetune/finetune").raise_for_status().json()
    definitions = found["parameter_openapi_schema"]["definitions"]
    assert {"RunSpec", "DataSpec", "TrainingSpec", "EvaluationSpec"} <= set(definitions)
    assert definitions["TrainingSpec"]["properties"]["preset"]["description"]
