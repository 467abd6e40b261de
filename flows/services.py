"""`luthier up`: the Prefect server, MLflow's pages and a worker, in one terminal, until Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from flows.cli.common import print_json, say
from flows.server import ServerError, environment, free_port, prefect_home, running, start, stop
from luthier.settings import Settings

POOL = "luthier"
PROJECT = Path(__file__).parent.parent
START_WITHIN_S = 180


def serve(settings: Settings, mlflow_port: int, as_json: bool) -> int:
    """Start everything, say where it is, wait for Ctrl-C or SIGTERM, stop everything."""
    os.environ.update(environment(settings))
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as stack:
        url = stack.enter_context(_prefect(prefect_home(settings)))
        os.environ["PREFECT_API_URL"] = url
        mlflow = settings.mlflow_uri or stack.enter_context(_mlflow(settings, mlflow_port or free_port()))
        stack.enter_context(_worker(settings))
        deploy()
        pages = {"prefect": url.removesuffix("/api"), "mlflow": mlflow, "home": str(settings.root)}
        say("\n".join(f"{name:<8} {address}" for name, address in pages.items()) + "\nCtrl-C stops all of it.")
        if as_json:
            print_json(pages)
        try:
            signal.pause()
        except KeyboardInterrupt:
            say("stopping")
    return 0


def deploy() -> None:
    """Register the deployments of prefect.yaml on the server that PREFECT_API_URL names."""
    _prefect_cli("work-pool", "create", POOL, "--type", "process", "--overwrite")
    _prefect_cli("--no-prompt", "deploy", "--all", "--prefect-file", str(PROJECT / "prefect.yaml"))


def worker_command() -> list[str]:
    return [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _prefect_cli(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *arguments],
        cwd=PROJECT,
        env={**os.environ, "LUTHIER_PROJECT": str(Path.cwd())},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise ServerError(f"prefect {' '.join(arguments[:2])} failed", " ".join(said), "See `luthier doctor`.")


@contextmanager
def _prefect(home: Path) -> Iterator[str]:
    home.mkdir(parents=True, exist_ok=True)
    record = running(home)
    if record and record["keep"]:
        raise ServerError(
            "this home's servers are already up", f"Prefect is at {record['url']}", "Use them, or stop them."
        )
    url = start(home, keep=True)
    try:
        yield url
    finally:
        kept = running(home)
        if kept:
            stop(kept["pid"])
        (home / "server.json").unlink(missing_ok=True)


@contextmanager
def _mlflow(settings: Settings, port: int) -> Iterator[str]:
    folder = settings.root / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    store = ("--backend-store-uri", settings.tracking_uri, "--artifacts-destination", (folder / "artifacts").as_uri())
    command = [sys.executable, "-m", "mlflow", "server", *store, "--host", "127.0.0.1", "--port", str(port)]
    with _process([*command, "--workers", "1"], folder / "server.log", {"MLFLOW_DISABLE_TELEMETRY": "true"}) as process:
        _wait(f"{address}/health", process, folder / "server.log")
        yield address


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    with _process(worker_command(), prefect_home(settings) / "worker.log", {}):
        yield


@contextmanager
def _process(command: list[str], log: Path, extra: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A service in a session of its own; its whole process group ends with the block."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **extra},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process.pid)
        process.wait()


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise ServerError("the MLflow server did not start", "", f"Its log: {log}")
