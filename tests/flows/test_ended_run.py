"""A run that is told to end, and one whose Prefect server dies: no traceback, nothing left over, nothing lost."""

import os
import signal

import psutil
import pytest
from chain import PATIENCE_S, Home, wait_until, write_spec

from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def alone(tmp_path) -> Home:
    """A home with a Prefect server of its own, whose clients do not wait a minute for it to come back."""
    home = Home(tmp_path / "home", PREFECT_CLIENT_MAX_RETRIES="0")
    home.environment.pop("PREFECT_API_URL", None)
    return home


def test_sigterm_and_a_lost_server_end_a_run_that_the_same_command_continues(alone, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model)
    record = alone.root / "prefect" / "server.json"
    with alone.started("run", spec) as process:
        wait_until(lambda: list((alone.root / "runs").glob("*/checkpoints/step-*")), process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "cancelled. The same command continues." in err and "Traceback" not in err
    assert psutil.wait_procs(children, timeout=20)[1] == []
    assert not record.exists()
    assert any(read_json(alone.run.attempt(number).result) == {"interrupted": True} for number in _ended(alone))
    baseline = alone.run.marker("baseline-eval").read_bytes()

    with alone.started("run", spec) as process:
        wait_until(lambda: alone.run.marker("validate-data").exists() and record.exists(), process)
        attempts = len(alone.run.attempt_numbers())
        wait_until(lambda: len(alone.run.attempt_numbers()) > attempts, process)
        os.killpg(read_json(record)["pid"], signal.SIGKILL)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 7, err
    assert "the Prefect server went away" in err and "The same command continues." in err and "Traceback" not in err
    assert alone.run.marker("baseline-eval").read_bytes() == baseline


def _ended(home: Home) -> list[int]:
    return [number for number in home.run.attempt_numbers() if home.run.attempt(number).result.exists()]
