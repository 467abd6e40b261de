"""What cannot work, or must not, ends before anything is rented, at once and with the place to mend."""

import pytest
from click.testing import CliRunner
from rented_home import Api, RentedHome, cloud_of, rented_spec

from flows.cli import main
from luthier.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def given(tmp_path_factory, tiny_model, prefect_api):
    """A home on a cloud, and a spec."""
    folder = tmp_path_factory.mktemp("refused")
    with cloud_of(folder) as cloud:
        yield RentedHome(folder / "home", cloud, PREFECT_API_URL=prefect_api), rented_spec(folder, tiny_model)


@pytest.fixture
def refused(given, in_prefect, monkeypatch):
    """Run the spec with these keys and settings; returns the exit code and what people read. Nothing was rented."""
    home, spec = given
    in_prefect(home)

    def run(*keys: str, **settings: str) -> tuple[int, str]:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        done = CliRunner().invoke(main, ["run", str(spec), *(part for key in keys for part in ("--set", key))])
        assert home.cloud.pods() == [] and not list(home.root.glob("runs/*/pods/*"))
        return done.exit_code, done.stderr

    return run


def test_over_budget(refused):
    code, told = refused("budget.max_usd=0.0001")
    assert code == 6 and "budget.max_usd" in told and "in all" in told


def test_without_an_image(refused, monkeypatch):
    monkeypatch.delenv("LUTHIER_POD_IMAGE")
    assert "pod_image" in Settings.model_fields
    code, told = refused()
    assert code == 2 and "luthier.toml: pod_image" in told


def test_without_a_storage(refused, monkeypatch):
    monkeypatch.delenv("LUTHIER_STORAGE")
    code, told = refused()
    assert code == 2 and "luthier.toml: storage" in told


def test_a_bucket_that_pods_could_not_open(refused):
    code, told = refused(LUTHIER_STORAGE="s3://bucket", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
    assert code == 2 and "luthier.toml: pod_secrets" in told


def test_a_wrong_key_is_said_at_once(refused, given, prefect_api):
    code, told = refused(RUNPOD_API_KEY="rpa_wrong")
    assert code == 2 and "RUNPOD_API_KEY" in told and "rpa_wrong" not in told
    baseline = Api(prefect_api).task_run(given[0].flow_run, "baseline-eval")
    assert (baseline["run_count"], baseline["state"]["name"]) == (1, "Failed")
