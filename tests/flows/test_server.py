"""The home's Prefect server: started when needed, shared, stopped by its last user."""

import os
import signal
import subprocess
import sys
import time

import httpx
import orjson
import psutil
import pytest
from chain import Home, write_spec

from flows import process, server
from flows.up import deployments
from luthier.settings import Settings
from luthier.storage import read_json, write_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

USER = """
import sys
from pathlib import Path
from flows.server import server
from luthier.settings import Settings
with server(Settings(home=Path(sys.argv[1]))) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def user(home):
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def leave(process):
    process.communicate("\n", timeout=60)


def test_two_runs_share_a_server_and_the_last_one_stops_it(tmp_path):
    first = user(tmp_path)
    address = first.stdout.readline().strip()
    second = user(tmp_path)  # does not wait for the first one's end
    try:
        assert second.stdout.readline().strip() == address
        pid = read_json(tmp_path / "prefect" / "server.json")["pid"]
        leave(first)
        assert server.healthy(address)
        leave(second)
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        assert not (tmp_path / "prefect" / "server.json").exists()
    finally:
        for process in (first, second):
            process.kill()
            process.wait()


def test_the_server_of_a_killed_run_is_used_again_and_then_stopped(tmp_path):
    killed = user(tmp_path)
    address = killed.stdout.readline().strip()
    killed.kill()
    killed.wait()
    following = user(tmp_path)
    try:
        assert following.stdout.readline().strip() == address
    finally:
        leave(following)
    assert not server.healthy(address)


@pytest.mark.parametrize("pid", [2**22 - 3, os.getpid()], ids=["gone", "another process now"])
def test_a_record_of_a_dead_server_is_removed_and_nothing_is_killed(tmp_path, pid):
    record = tmp_path / "server.json"
    for act in (server.running, lambda home: process.end_recorded(home / "server.json")):
        write_json(record, {"url": "http://127.0.0.1:9/api", "pid": pid, "command": ["prefect", "server", "start"]})
        assert act(tmp_path) is None
        assert not record.exists()


def test_a_server_that_is_still_starting_is_waited_for(tmp_path, monkeypatch):
    answers = iter([False, False, True])
    monkeypatch.setattr(server, "healthy", lambda _: next(answers))
    me = psutil.Process()
    write_json(tmp_path / "server.json", {"url": "http://127.0.0.1:9/api", "pid": me.pid, "command": me.cmdline()})
    assert server.running(tmp_path) == "http://127.0.0.1:9/api"


def test_ctrl_c_while_the_server_starts_leaves_none(tmp_path, monkeypatch):
    def ctrl_c(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "healthy", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        server.start(Settings(home=tmp_path))
    assert not process.lives(read_json(tmp_path / "prefect" / "server.json"))


@pytest.fixture
def answering(monkeypatch):
    """Addresses of Prefect servers that answer; without PREFECT_API_URL."""
    known: set[str] = set()
    monkeypatch.setattr(server, "healthy", known.__contains__)
    for name in ("PREFECT_API_URL", "PREFECT_HOME", "LUTHIER_HOME", *server.QUIET):
        monkeypatch.setenv(name, "")  # so that it is as before after the test
        monkeypatch.delenv(name)
    return known


def test_the_prefect_url_of_the_settings_is_used_in_the_block(tmp_path, answering):
    answering.add("http://there/api")
    with server.server(Settings(home=tmp_path, prefect_url="http://there/api")) as url:
        assert os.environ["PREFECT_API_URL"] == url == "http://there/api"
    assert "PREFECT_API_URL" not in os.environ


def test_an_error_of_the_block_is_the_servers_only_when_it_has_gone(tmp_path, answering):
    settings = Settings(home=tmp_path, prefect_url="http://there/api")
    answering.add("http://there/api")
    with pytest.raises(httpx.ReadError), server.server(settings):
        raise httpx.ReadError("a fault of ours")
    with pytest.raises(server.ServerError, match="went away.*same command continues"), server.server(settings):
        answering.clear()
        raise httpx.ConnectError("refused")


def test_an_address_that_does_not_answer_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path))
    with pytest.raises(server.ServerError, match="does not answer"), server.server(Settings(home=tmp_path)):
        pass


def test_up_uses_a_runs_server_survives_a_kill_and_stops_cleanly(tmp_path, tiny_model):
    home = Home(tmp_path)
    home.environment.pop("PREFECT_API_URL", None)
    run = user(tmp_path)
    try:
        address = run.stdout.readline().strip()
        with home.started("up", "--json") as killed:
            pages = _first_json(killed)
            assert f"{pages['prefect']}/api" == address
            assert home.luthier("up").returncode == server.ServerError.exit_code
            leftovers = psutil.Process(killed.pid).children(recursive=True)
            killed.kill()
            killed.wait()
        leave(run)  # the last user of the server
        assert all(left.is_running() for left in leftovers)
        with home.started("up", "--json") as up:
            pages = _first_json(up)
            assert psutil.wait_procs(leftovers, timeout=20)[1] == []
            assert httpx.get(pages["prefect"]).status_code == 200
            assert httpx.get(pages["mlflow"]).status_code == 200
            assert httpx.get(f"{pages['prefect']}/api/deployments/name/finetune/finetune").status_code == 200
            assert httpx.get(f"{pages['prefect']}/ui-settings").json()["api_url"] == f"{pages['prefect']}/api"
            spec = write_spec(tmp_path / "spec", tiny_model)
            told = orjson.loads(home.luthier("submit", spec, "--at", "2099-01-01", "--json").stdout)
            assert told["page"] == f"{pages['prefect']}/runs/flow-run/{told['flow_run_id']}", "in line on that server"
            children = psutil.Process(up.pid).children(recursive=True)
            up.send_signal(signal.SIGTERM)
            assert up.wait(60) == 0
            assert psutil.wait_procs(children, timeout=20)[1] == []
    finally:
        run.kill()
        run.wait()


def test_without_a_checkout_there_are_no_deployments(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(deployments, "DEPLOYMENTS", tmp_path / "prefect.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployments, "_prefect_cli", lambda *_: pytest.fail("nothing to register"))
    deployments.deploy()
    assert "checkout" in capsys.readouterr().err


def _first_json(process):
    text, deadline = "", time.monotonic() + 240
    while time.monotonic() < deadline and not text.endswith("}\n"):
        text += process.stdout.readline()
    return orjson.loads(text)
