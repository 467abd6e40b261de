"""What the hooks tell, called as the engine and as the runner call them; the flow run is on a real server."""

from datetime import timedelta
from pathlib import Path

import pytest
from chain import Home
from prefect.client.orchestration import get_client
from prefect.states import Cancelled, Cancelling, Completed, Crashed, Failed
from receivers import HANG, web

from flows.finetune import finetune
from flows.hooks import tell_end
from flows.nightly import nightly
from flows.unsaid import tell_unsaid
from luthier import status
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.storage import write_json

SPEC = {"name": "tiny", "project": "acme", "data": {"path": "missing.jsonl"}}


@pytest.fixture
def team(tmp_path, prefect_api, in_prefect, monkeypatch):
    with web() as server:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "luthier.toml").write_text(f'[channels.ci]\nkind = "webhook"\nurl = "{server.url}"\n')
        in_prefect(Home(tmp_path / "home", PREFECT_API_URL=prefect_api))
        yield server


@pytest.fixture
def flow_run(team):
    with get_client(sync_client=True) as client:
        yield client.create_flow_run(finetune, parameters={"spec": SPEC}, name="some flow run")


def test_by_position_and_by_name_it_is_told_once(team, flow_run):
    state = Failed(message="Flow run encountered an exception: SpecError: data.path: no such file. Mend it.")
    tell_end(finetune, flow_run, state)
    tell_end(flow=finetune, flow_run=flow_run, state=state)
    (told,) = team.bodies
    assert (told["title"], told["cause"]) == ("Failed: tiny", "data.path: no such file. Mend it.")
    assert told["project"] == "acme" and told["links"][0]["target"].endswith(f"/runs/flow-run/{flow_run.id}")


@pytest.mark.parametrize(
    ("state", "title"),
    [(Completed(), "Done: tiny"), (Crashed(message="gone"), "Crashed: tiny"), (Cancelling(), "Cancelled: tiny")],
)
def test_every_end_has_its_word(team, flow_run, state, title):
    tell_end(finetune, flow_run, state)
    assert team.titles == [title]


def test_a_spec_that_cannot_be_read_is_told_by_its_name(team):
    with get_client(sync_client=True) as client:
        bad = client.create_flow_run(finetune, parameters={"spec": {"name": "half", "dat": 1}})
    tell_end(finetune, bad, Failed(message="Validation of flow parameters failed with error: dat"))
    assert team.titles == ["Failed: half"]


def test_a_nightly_look_that_fails_is_told(team):
    assert nightly(Path("gone.yaml"), return_state=True).is_failed()
    (told,) = team.bodies
    assert told["title"] == "Failed: nightly · gone.yaml" and "the spec is not there" in told["cause"]


def test_ctrl_c_is_a_cancellation_although_prefect_calls_it_a_crash(team, flow_run):
    run = RunFolder(Settings().runs / "tiny-1")
    status.begin(run, "ada", "terminal", str(flow_run.id))
    status.end(run, "cancelled")
    write_json(run.root / "prefect.json", {"prefect_flow_run_id": str(flow_run.id), "prefect_api_url": "http://x/api"})
    tell_end(finetune, flow_run, Crashed(message="KeyboardInterrupt"))
    assert team.titles == ["Cancelled: tiny"] and team.bodies[0]["run_id"] == "tiny-1"


@pytest.mark.parametrize("name", ["Waiting", "Superseded"])
def test_the_end_of_a_flow_run_whose_run_goes_on_is_not_told(team, flow_run, name):
    tell_end(finetune, flow_run, Cancelled(name=name, message="the data waits for approval"))
    assert team.bodies == []


def test_a_hanging_receiver_and_a_missing_channel_fail_nothing(team, flow_run, monkeypatch):
    monkeypatch.setattr("luthier.notify.deliver.WITHIN_S", 1)
    team.answers = [HANG]
    tell_end(finetune, flow_run, Completed())
    team.released.set()


def test_broken_settings_fail_nothing(flow_run, tmp_path, capsys):
    (tmp_path / "luthier.toml").write_text("channels = 3")
    tell_end(finetune, flow_run, Completed())
    assert "nobody could be told" in capsys.readouterr().out


def sweep():
    with get_client(sync_client=True) as client:
        return tell_unsaid(client, Settings(), grace=timedelta(seconds=-5))


def ended(flow_run, state):
    """As the server itself sets it, when no process is left to run a hook."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, state, force=True)


def works_on(flow_run, run_id="tiny-1"):
    run = RunFolder(Settings().runs / run_id)
    write_json(run.root / "prefect.json", {"prefect_flow_run_id": str(flow_run.id), "prefect_api_url": "http://x/api"})


def test_what_no_hook_told_is_found_by_the_sweep_once(team, flow_run):
    assert sweep() == []  # from now on
    works_on(flow_run)
    ended(flow_run, Crashed(message="No heartbeat for 90 s: its process is gone"))
    assert sweep() == [flow_run.name] and sweep() == []
    (told,) = team.bodies
    assert (told["title"], told["lead"]) == ("Crashed: tiny", "No heartbeat for 90 s: its process is gone")
    tell_end(finetune, flow_run, Crashed(message="late"))
    assert len(team.bodies) == 1


def test_what_ended_before_there_was_an_outbox_is_not_told(team, flow_run):
    works_on(flow_run)
    ended(flow_run, Crashed())
    assert sweep() == [] and team.bodies == []


def test_other_homes_of_a_server_tell_of_theirs_unless_the_database_is_shared(team, flow_run, tmp_path, monkeypatch):
    monkeypatch.setenv("LUTHIER_DATABASE", f"sqlite:///{tmp_path / 'team.db'}")
    assert sweep() == []
    monkeypatch.delenv("LUTHIER_DATABASE")
    assert sweep() == []
    ended(flow_run, Crashed())
    assert sweep() == []
    monkeypatch.setenv("LUTHIER_DATABASE", f"sqlite:///{tmp_path / 'team.db'}")
    assert sweep() == [flow_run.name]


def test_the_flow_tells_every_end():
    for hooks in (finetune.on_completion_hooks, finetune.on_failure_hooks, finetune.on_crashed_hooks):
        assert hooks[-1] is tell_end
    assert finetune.on_cancellation_hooks[-1] is tell_end
