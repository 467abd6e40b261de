"""How deployed runs end is told, exactly once on Slack and once by e-mail: a real server, worker, webhook and mail."""

import signal
import time
from collections import Counter
from datetime import timedelta

import psutil
import pytest
import yaml
from chain import PATIENCE_S, Home, working, write_spec
from receivers import post, web

from flows.up import deployments
from luthier.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def team(tmp_path, prefect_api, in_prefect, monkeypatch):
    """(folder, Slack's webhook, mail server) of a home whose deployments and worker are up."""
    with web() as slack, post(tmp_path) as mail:
        (tmp_path / "luthier.toml").write_text(f"""
            [channels.team]
            kind = "slack"
            url_env = "TEAM_WEBHOOK"
            {mail.channel}
        """)
        monkeypatch.chdir(tmp_path)
        secrets = {"TEAM_WEBHOOK": slack.url, "MAIL_PASSWORD": "right-horse", "SSL_CERT_FILE": str(mail.ca)}
        in_prefect(Home(tmp_path / "home", PREFECT_API_URL=prefect_api, **secrets))
        deployments.deploy()
        with working(tmp_path / "worker.log"):
            yield tmp_path, slack, mail


def test_each_end_is_told_once_on_each_channel(team, tiny_model):
    folder, slack, mail = team
    done = _start(folder, tiny_model, "done", max_steps=2)
    bad = _start(folder, tiny_model, "failed", max_steps=2, data="missing.jsonl")
    killed, cancelled = (_start(folder, tiny_model, name) for name in ("killed", "cancelled"))
    _process_of(killed).kill()
    _process_of(cancelled)
    _cancel(cancelled)
    for flow_run in (done, bad, killed, cancelled):
        _wait_for_end(flow_run)
    _until(lambda: len(slack.titles) >= 4 and len(mail.titles) >= 4)
    _sweep()  # finds nothing that was not told
    time.sleep(1)
    told = Counter(slack.titles)
    assert told == Counter(mail.titles) and set(told.values()) == {1} and len(told) == 4
    assert {"Failed: failed", "Crashed: killed", "Cancelled: cancelled"} < set(told)
    (failure,) = (body for body in slack.bodies if "Failed" in body["text"])
    assert "missing.jsonl" in str(failure) and "What to do" in str(failure)
    (proof,) = (mail for _, mail in mail.mails if str(mail["Subject"]).endswith(": done"))
    assert "What this does not show" in proof.get_body(("html",)).get_content()


@pytest.mark.drill
def test_a_crash_that_only_the_server_saw_is_found_by_the_sweep(team, tiny_model):
    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    folder, slack, mail = team
    flow_run = _start(folder, tiny_model, "lost")
    victim = _process_of(flow_run)
    workers = [parent for parent in victim.parents() if "worker" in parent.cmdline()]
    for each in (*workers, victim):
        each.send_signal(signal.SIGKILL)  # nobody is left to run a hook
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, Crashed(message="No heartbeat for 90 s"), force=True)
    assert slack.titles == []
    _sweep()
    _sweep()
    assert slack.titles == mail.titles == ["Crashed: lost"]


def _start(folder, model, name, max_steps=5000, data="data.jsonl"):
    from prefect.deployments import run_deployment

    spec = yaml.safe_load(write_spec(folder, model, training={"max_steps": max_steps}).read_text())
    spec |= {"name": name, "data": {"path": str(folder / data)}}
    return run_deployment("finetune/finetune", parameters={"spec": spec}, timeout=0)


def _process_of(flow_run):
    """Of the flow run, once it trains."""
    from flows.flow_runs import runs_of

    found = []

    def trains():
        for run in runs_of(Settings(), str(flow_run.id)):
            jobs = [run.attempt(number).heartbeat for number in run.attempt_numbers()]
            if any(job.exists() for job in jobs):
                found.append(psutil.Process(int((run.root / "lock").read_text())))
        return found

    _until(trains)
    return found[0]


def _cancel(flow_run):
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelling

    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, Cancelling(), force=True)


def _wait_for_end(flow_run):
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        _until(lambda: client.read_flow_run(flow_run.id).state.is_final())


def _sweep():
    from prefect.client.orchestration import get_client

    from flows.unsaid import tell_unsaid

    with get_client(sync_client=True) as client:
        tell_unsaid(client, Settings(), timedelta(seconds=-1))


def _until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
