"""`luthier up`: the Prefect server, MLflow's pages and workers, kept up in one terminal until Ctrl-C."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.cli.common import print_json, say
from flows.server import LOOPBACK, ServerError, environment, server
from flows.up.deployments import deploy
from flows.up.keeper import Keeper
from flows.up.mlflow import mlflow
from flows.up.ports import usual_port
from flows.up.prefect import PrefectServer
from flows.up.service import Service
from flows.up.workers import end_flow_processes, worker
from luthier.secrets import without_secrets
from luthier.settings import Settings

LOOK_EVERY_S = 2
RECOVER_EVERY_S = 10


@dataclass(frozen=True)
class Options:
    """Ports of 0: the last ones, or free ones. limit: flow runs at once of one worker; None: what the queues let."""

    port: int = 0
    mlflow_port: int = 0
    host: str = LOOPBACK
    workers: int = 1
    limit: int | None = None


def serve(settings: Settings, options: Options, as_json: bool) -> int:
    """Start everything, say where it is, keep it up until Ctrl-C or SIGTERM, stop everything. Raises ServerError."""
    _check_host(settings, options.host)
    with ExitStack() as stack:
        stack.enter_context(_only_one(settings.root))
        kept, pages = _start(settings, options, stack)
        say("\n".join(f"{name:<9} {address}" for name, address in pages.items()) + "\nCtrl-C stops all of it.")
        if as_json:
            print_json(pages)
        try:
            _keep(kept, settings if options.workers else None)
        except KeyboardInterrupt:
            say("stopping")
    return 0


def _start(settings: Settings, options: Options, stack: ExitStack) -> tuple[list[Keeper], dict[str, str]]:
    """The keepers of what was started, and where everything is."""
    named = os.environ.get("PREFECT_API_URL") or settings.prefect_url
    port = 0 if named else usual_port(settings, "prefect", options.port)
    url = stack.enter_context(server(settings, port, options.host))
    kept = [] if named else [Keeper(PrefectServer(settings, url, options.host))]
    tracking = settings.mlflow_uri
    if not tracking:
        service = mlflow(settings, usual_port(settings, "mlflow", options.mlflow_port), options.host)
        kept.append(_started(service, stack))
        tracking = service.url
    os.environ.update(environment(settings))  # once more: it names the MLflow server that is up now
    deploy()
    stack.callback(end_flow_processes, settings)
    workers = [worker(settings, url, number + 1, options.limit) for number in range(options.workers)]
    kept += [_started(each, stack, wait=False) for each in workers]
    return kept, _pages(settings, url, tracking)


def _started(service: Service, stack: ExitStack, wait: bool = True) -> Keeper:
    stack.callback(service.stop)
    service.start()
    keeper = Keeper(service)
    if wait:
        keeper.wait()
    return keeper


def _keep(kept: list[Keeper], home: Settings | None) -> None:
    """Until KeyboardInterrupt. home: of the workers; only there it is seen which of their processes live."""
    from flows.recovery import recover_quietly

    recovered = 0.0
    while True:
        for keeper in kept:
            keeper.look()
        if home and time.monotonic() > recovered + RECOVER_EVERY_S:
            for line in recover_quietly(home):
                say(line)
            recovered = time.monotonic()
        time.sleep(LOOK_EVERY_S)


def _pages(settings: Settings, url: str, tracking: str) -> dict[str, str]:
    return {
        "prefect": url.removesuffix("/api"),
        "mlflow": without_secrets(tracking),
        "database": without_secrets(settings.database_url),
        "storage": settings.storage or str(settings.runs),
        "home": str(settings.root),
        "logs": f"{settings.root}/prefect/*.log {settings.root}/mlflow/*.log",
    }


def _check_host(settings: Settings, host: str) -> None:
    if host not in (LOOPBACK, "localhost", "::1") and not settings.sign_in:
        why = f"Whoever reaches {host} could start runs, read data and spend money"
        fix = "Set LUTHIER_SIGN_IN=user:password (12 characters or more); see docs/team.md."
        raise ServerError("servers for other machines need a sign-in", why, fix)


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
