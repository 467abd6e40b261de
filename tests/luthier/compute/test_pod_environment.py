"""What a pod is told: enough to find its run, and no secret."""

from datetime import UTC, datetime

import pytest

from luthier.compute.pod_environment import SHORT_LIVED, pod_environment
from luthier.errors import LuthierError, SpecError, StorageError
from luthier.settings import Settings

DEADLINE = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
REFERENCES = {"AWS_ACCESS_KEY_ID": "bucket-id", "AWS_SECRET_ACCESS_KEY": "bucket-key"}
LENT = {variable: f"{variable.lower()}-planted" for variable in SHORT_LIVED}


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No settings and no credentials but those of the test."""
    monkeypatch.chdir(tmp_path)
    for variable in (*SHORT_LIVED, "AWS_ENDPOINT_URL", "AWS_REGION", "RUNPOD_API_BASE_URL", "LUTHIER_STORAGE"):
        monkeypatch.delenv(variable, raising=False)


def variables(storage="s3://runs/team", deadline=DEADLINE, **settings) -> dict[str, str]:
    settings = Settings(storage=storage, **{"pod_secrets": REFERENCES, **settings})
    return pod_environment("bot-1a2b", "luthier-h-bot-1a2b-p3", settings, deadline)


def lend(monkeypatch, **credentials):
    for variable, value in credentials.items():
        monkeypatch.setenv(variable, value)


def test_a_pod_learns_its_run_and_where_that_lies():
    told = variables(storage_endpoint="https://s3.example.com", storage_region="eu-1", heartbeat_s=12.5)
    assert told == {
        "LUTHIER_RUN": "bot-1a2b",
        "LUTHIER_POD": "luthier-h-bot-1a2b-p3",
        "LUTHIER_POD_DEADLINE": "2026-11-22T06:00:00+00:00",
        "LUTHIER_HEARTBEAT_S": "12.5",
        "LUTHIER_STORAGE": "s3://runs/team",
        "LUTHIER_STORAGE_ENDPOINT": "https://s3.example.com",
        "LUTHIER_STORAGE_REGION": "eu-1",
        "AWS_ACCESS_KEY_ID": "{{ RUNPOD_SECRET_bucket-id }}",
        "AWS_SECRET_ACCESS_KEY": "{{ RUNPOD_SECRET_bucket-key }}",
    }


def test_a_pod_makes_the_same_settings_of_it(monkeypatch):
    told = variables(storage_endpoint="https://s3.example.com", heartbeat_s=12.5)
    lend(monkeypatch, **told)
    assert (Settings().storage, Settings().heartbeat_s) == ("s3://runs/team", 12.5)
    assert datetime.fromisoformat(told["LUTHIER_POD_DEADLINE"]) == DEADLINE


def test_the_address_that_home_has_from_awss_variables_goes_along(monkeypatch):
    lend(monkeypatch, AWS_ENDPOINT_URL="https://s3.example.com", AWS_REGION="eu-1")
    told = variables()
    assert (told["LUTHIER_STORAGE_ENDPOINT"], told["LUTHIER_STORAGE_REGION"]) == ("https://s3.example.com", "eu-1")


def test_a_deadline_keeps_its_moment_whatever_its_zone():
    there = DEADLINE.astimezone(datetime.strptime("+0530", "%z").tzinfo)
    assert variables(deadline=there)["LUTHIER_POD_DEADLINE"] == "2026-11-22T06:00:00+00:00"


def test_the_hubs_token_is_a_reference():
    told = variables(pod_secrets={**REFERENCES, "HF_TOKEN": "hf"})
    assert told["HF_TOKEN"] == "{{ RUNPOD_SECRET_hf }}"


def test_base_models_are_kept_on_a_volume_where_there_is_one():
    places = {"LUTHIER_VOLUME": "/workspace", "HF_HOME": "/workspace/huggingface"}
    assert variables(pod_volume="vol-1") == variables() | places


def test_credentials_that_expire_may_go_along(monkeypatch):
    lend(monkeypatch, **LENT)
    told = variables(pod_secrets={"HF_TOKEN": "hf"})
    assert {variable: told[variable] for variable in SHORT_LIVED} == LENT


def test_secrets_come_before_credentials_that_expire(monkeypatch):
    lend(monkeypatch, **LENT)
    told = variables()
    assert "planted" not in str(told) and "AWS_SESSION_TOKEN" not in told


@pytest.mark.parametrize("pod_secrets", [{}, {"AWS_ACCESS_KEY_ID": "bucket-id"}, {"HF_TOKEN": "hf"}])
def test_keys_that_last_are_refused_and_not_shown(monkeypatch, pod_secrets):
    lend(monkeypatch, AWS_ACCESS_KEY_ID="id-planted", AWS_SECRET_ACCESS_KEY="key-planted")
    with pytest.raises(StorageError, match="pod_secrets") as caught:
        variables(pod_secrets=pod_secrets)
    assert "planted" not in str(caught.value)


def test_half_a_pair_is_not_mixed_with_credentials_that_expire(monkeypatch):
    lend(monkeypatch, **LENT)
    with pytest.raises(StorageError, match="no credentials"):
        variables(pod_secrets={"AWS_ACCESS_KEY_ID": "bucket-id"})


def test_a_folder_is_for_simulated_machines_only(monkeypatch, tmp_path):
    with pytest.raises(StorageError, match="cannot see the folder"):
        variables(storage="bucket")
    lend(monkeypatch, RUNPOD_API_BASE_URL="http://127.0.0.1:8123")
    told = variables(storage="bucket", pod_secrets={})
    assert told["LUTHIER_STORAGE"] == str(tmp_path / "bucket")


@pytest.mark.parametrize("endpoint", ["http://localhost:9000", "http://127.0.0.1:9000", "http://192.168.1.5:9000"])
def test_a_store_on_this_network_is_for_simulated_machines_only(monkeypatch, endpoint):
    with pytest.raises(StorageError, match="cannot reach"):
        variables(storage_endpoint=endpoint)
    lend(monkeypatch, RUNPOD_API_BASE_URL="http://localhost:8123")
    assert variables(storage_endpoint=endpoint)["LUTHIER_STORAGE_ENDPOINT"] == endpoint


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"storage": None}, "no storage"),
        ({"storage": "s3://key:planted@runs"}, "keys belong in"),
        ({"storage_endpoint": "https://key:planted@s3.example.com"}, "password"),
        ({"pod_secrets": {**REFERENCES, "RUNPOD_API_KEY": "key"}}, "RUNPOD_API_KEY cannot be filled"),
        ({"pod_secrets": {**REFERENCES, "LUTHIER_STORAGE": "key"}}, "LUTHIER_STORAGE cannot be filled"),
        ({"pod_secrets": {**REFERENCES, "DATABASE": "key"}}, "End it with"),
        ({"pod_secrets": {**REFERENCES, "MY KEY": "key"}}, "MY KEY"),
        ({"pod_secrets": {**REFERENCES, "HF_TOKEN": "planted/+="}}, "HF_TOKEN names no RunPod secret"),
        ({"pod_secrets": {**REFERENCES, "HF_TOKEN": "RUNPOD_hf"}}, "HF_TOKEN names no RunPod secret"),
        ({"pod_secrets": REFERENCES | {f"S{number}_KEY": "key" for number in range(44)}}, "51 variables"),
    ],
)
def test_settings_that_cannot_work_are_refused_and_not_repeated(settings, words):
    with pytest.raises(LuthierError, match=words) as caught:
        variables(**settings)
    assert isinstance(caught.value, SpecError | StorageError) and caught.value.where.startswith("luthier.toml")
    assert "planted" not in str(caught.value)


def test_fifty_variables_are_not_too_many():
    assert len(variables(pod_secrets=REFERENCES | {f"S{number}_KEY": "key" for number in range(43)})) == 50
