"""The home's Prefect server: started when needed, shared, stopped by its last user."""

import os
import signal
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from flows import server
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
    first, second = user(tmp_path), user(tmp_path)
    try:
        address = first.stdout.readline().strip()
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


def test_a_record_of_a_dead_server_is_removed(tmp_path):
    write_json(tmp_path / "server.json", {"url": "http://127.0.0.1:9/api", "pid": 2**22 - 3, "keep": True})
    assert server.running(tmp_path) is None
    assert not (tmp_path / "server.json").exists()


def test_an_address_that_does_not_answer_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path))
    with pytest.raises(server.ServerError, match="does not answer"), server.server(Settings(home=tmp_path)):
        pass


def test_up_serves_both_pages_and_stops_cleanly(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "up", "--json"],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**environment, "LUTHIER_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    try:
        pages = _first_json(process)
        assert httpx.get(pages["prefect"]).status_code == 200
        assert httpx.get(pages["mlflow"]).status_code == 200
        found = httpx.get(f"{pages['prefect']}/api/deployments/name/finetune/finetune")
        assert found.status_code == 200
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert psutil.wait_procs(children, timeout=20)[1] == []
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def _first_json(process):
    import orjson

    text, deadline = "", time.monotonic() + 240
    while time.monotonic() < deadline and not text.endswith("}\n"):
        text += process.stdout.readline()
    return orjson.loads(text)
