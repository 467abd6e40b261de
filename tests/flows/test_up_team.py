"""`luthier up` for a team: on a real Postgres and S3 service, with a sign-in, through crashes of what it keeps."""

import os
import signal

import httpx
import psutil
import pytest
from s3_server import only_on_linux
from team import Team, tiny_spec, until

from luthier.secrets import without_secrets

pytestmark = [pytest.mark.slow, pytest.mark.drill, pytest.mark.timeout(900)]
SIGN_IN = "ada:correct-horse-7"


@pytest.fixture
def team(tmp_path, postgres, s3_service):
    only_on_linux()
    return Team(tmp_path / "home", postgres, s3_service, LUTHIER_SIGN_IN=SIGN_IN)


def _post(team, path, **body):
    sign_in = httpx.BasicAuth(*SIGN_IN.split(":"))
    return httpx.post(f"{team.api}/{path}", json=body, auth=sign_in, timeout=30).raise_for_status().json()


def _run(team, spec):
    sign_in = httpx.BasicAuth(*SIGN_IN.split(":"))
    found = httpx.get(f"{team.api}/deployments/name/finetune/finetune", auth=sign_in).raise_for_status().json()
    return _post(team, f"deployments/{found['id']}/create_flow_run", parameters={"spec": spec})["id"]


def _state(team, flow_run):
    return httpx.get(f"{team.api}/flow_runs/{flow_run}", auth=httpx.BasicAuth(*SIGN_IN.split(":"))).json()["state"]


def test_a_team_on_postgres_and_s3(team, tmp_path, tiny_model, postgres, s3_service):
    with team.up() as up:
        _nothing_secret_is_shown(team, postgres)
        assert httpx.post(f"{team.api}/flow_runs/filter", json={}).status_code == 401
        experiments = f"{team.pages['mlflow']}/api/2.0/mlflow/experiments/search?max_results=5"
        assert httpx.get(experiments).status_code == 401
        assert httpx.get(experiments, auth=httpx.BasicAuth(*SIGN_IN.split(":"))).status_code == 200

        flow_run = _run(team, tiny_spec(tmp_path, tiny_model, "first"))
        until(lambda: _state(team, flow_run)["type"] in ("COMPLETED", "FAILED", "CRASHED"))
        assert _state(team, flow_run)["type"] == "COMPLETED", _state(team, flow_run)
        assert any("adapter_model.safetensors" in key for key in _keys(s3_service, team.bucket))

        _comes_back(team, "server", f"{team.api}/health")
        _comes_back(team, "mlflow", f"{team.pages['mlflow']}/health")
        postgres.stop()
        postgres.start()
        second = _run(team, tiny_spec(tmp_path, tiny_model, "second"))
        until(lambda: _state(team, second)["type"] in ("COMPLETED", "FAILED", "CRASHED"))
        assert _state(team, second)["type"] == "COMPLETED", _state(team, second)
        children = psutil.Process(up.pid).children(recursive=True)
    assert up.returncode == 0
    assert psutil.wait_procs(children, timeout=20)[1] == [] and team.processes() == []


def _nothing_secret_is_shown(team, postgres):
    lines = [" ".join(process.cmdline()) for process in team.processes()]
    assert lines and not any(word in line for line in lines for word in (postgres.password, SIGN_IN.split(":")[1]))
    assert postgres.password not in str(team.pages)
    assert team.pages["database"] == without_secrets(team.environment["LUTHIER_DATABASE"])
    for log in (*team.root.glob("prefect/*.log"), *team.root.glob("mlflow/*.log")):
        assert postgres.password not in log.read_text()


def _comes_back(team, service, health):
    before = team.pid(service)
    os.killpg(before, signal.SIGKILL)
    until(lambda: team.pid(service) != before and _ok(health))


def _ok(address):
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _keys(s3, bucket):
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=s3.endpoint,
        aws_access_key_id=s3.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=s3.environment["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    return [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_another_host_needs_a_sign_in(tmp_path):
    from chain import Home

    done = Home(tmp_path / "home").luthier("up", "--host", "0.0.0.0")
    assert done.returncode == 7 and "need a sign-in" in done.stderr and "LUTHIER_SIGN_IN" in done.stderr
