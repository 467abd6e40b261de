"""A run that a machine loses goes on on another one, which has nothing but the storage."""

import os
import signal

import pytest
from chain import write_spec
from sharing_homes import Team, wait_for_step

from luthier.spec_file import load_spec, save_spec
from luthier.storage import read_json, read_jsonl

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def team(s3_service, tmp_path, prefect_api, monkeypatch) -> Team:
    for name, value in s3_service.environment.items():
        monkeypatch.setenv(name, value)
    return Team(s3_service, tmp_path, prefect_api)


@pytest.fixture
def sent_spec(team, tmp_path, tiny_model, monkeypatch):
    """The straight run's spec as it reaches another machine: its data and its base are in the storage, not on it."""
    from luthier.settings import Settings
    from luthier.sharing.data import send_data

    for name, value in team.environment.items():
        monkeypatch.setenv(name, value)
    spec = load_spec(write_spec(tmp_path / "submitted", tiny_model))
    path = tmp_path / "sent.yaml"
    save_spec(send_data(spec, Settings(home=tmp_path / "submitter")), path)
    (tmp_path / "submitted").rename(tmp_path / "gone")
    return path


def test_a_killed_run_goes_on_on_another_machine_from_its_checkpoint(team, sent_spec, straight):
    first, second = team.home("a"), team.home("b")
    with first.started("run", sent_spec) as process:
        wait_for_step(team, first, 18, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    run_id = first.run.run_id
    attempts = first.run.attempt_numbers()
    first.root.rename(first.root.with_name("lost"))
    team.let_minutes_pass(run_id)
    done = second.luthier("run", sent_spec, "--json")
    assert done.returncode == straight[2], done.stderr

    assert second.run.run_id == run_id
    report = read_json(second.run.report / "report.json")
    assert report["adapter_sha256"] == read_json(straight[0].run.report / "report.json")["adapter_sha256"]
    assert report["training"]["resumed_from"] >= 18
    events = read_jsonl(second.run.events)
    started = [event["stage"] for event in events if event["kind"] == "stage" and event["state"] == "started"]
    assert started.count("validate-data") == started.count("baseline-eval") == 1
    assert min(second.run.attempt_numbers()[len(attempts) :]) == max(attempts) + 1
    assert not [stored for stored in team.bucket().list(f"runs/{run_id}") if stored.key.endswith("owner.json")]
