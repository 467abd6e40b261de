"""`luthier up`: the Prefect server, MLflow's pages and a worker, in one terminal, until Ctrl-C."""

import fcntl
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
from flows.process import end_recorded, launch, stop
from flows.server import ServerError, free_port, prefect_home, server
from luthier.settings import Settings
from luthier.storage import write_json

POOL = "luthier"
PROJECT = Path(__file__).parent.parent
DEPLOYMENTS = PROJECT / "prefect.yaml"
START_WITHIN_S = 180


def serve(settings: Settings, mlflow_port: int, as_json: bool) -> int:
    """Start everything, say where it is, wait for Ctrl-C or SIGTERM, stop everything."""
    with ExitStack() as stack:
        stack.enter_context(_only_one(settings.root))
        url = stack.enter_context(server(settings))
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
    """Register the deployments of prefect.yaml, and the automations, on the server that PREFECT_API_URL names."""
    from flows import automations, queues

    if not DEPLOYMENTS.exists():
        say("No deployments: they need a checkout of Luthier, as an installed package has no prefect.yaml.")
        return
    _prefect_cli("work-pool", "create", POOL, "--type", "process", "--overwrite")
    queues.register(POOL, Settings())
    _prefect_cli("--no-prompt", "deploy", "--all", "--prefect-file", str(DEPLOYMENTS))
    automations.register()


def worker_command() -> list[str]:
    return [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]


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
def _only_one(home: Path) -> Iterator[None]:
    """Held by one `luthier up` a home; the lock ends with its process, however that ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            why = f"Another `luthier up` keeps those of {home}"
            raise ServerError("this home's servers are already up", why, "Use them, or stop it.") from None
        yield


@contextmanager
def _mlflow(settings: Settings, port: int) -> Iterator[str]:
    folder = settings.root / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    store = ("--backend-store-uri", settings.tracking_uri, "--artifacts-destination", (folder / "artifacts").as_uri())
    command = [sys.executable, "-m", "mlflow", "server", *store, "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "server.log"
    with _service([*command, "--workers", "1"], log, {"MLFLOW_DISABLE_TELEMETRY": "true"}) as process:
        _wait(f"{address}/health", process, log)
        yield address


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    home = prefect_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    with _service(worker_command(), home / "worker.log", {}):
        yield


@contextmanager
def _service(command: list[str], log: Path, extra: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A service for the block. The record beside its log lets the next one end what a killed `luthier up` left."""
    record = log.with_suffix(".json")
    end_recorded(record)
    process = launch(command, log, extra)
    try:
        write_json(record, {"pid": process.pid, "command": command})
        yield process
    finally:
        stop(process.pid)
        process.wait()
        record.unlink(missing_ok=True)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise ServerError("the MLflow server did not start", "", f"Its log: {log}")
