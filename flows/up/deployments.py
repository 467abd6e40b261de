"""Registering the deployments of prefect.yaml and what they need on a Prefect server."""

import os
import subprocess
import sys
from pathlib import Path

from flows.cli.common import say
from flows.server import ServerError
from flows.up.workers import POOL
from luthier.settings import Settings

PROJECT = Path(__file__).parents[2]
DEPLOYMENTS = PROJECT / "prefect.yaml"


def deploy() -> None:
    """Register the deployments of prefect.yaml, and the automations, on the server that PREFECT_API_URL names."""
    from flows import automations, queues

    file = next((path for path in (DEPLOYMENTS, Path("prefect.yaml").absolute()) if path.exists()), None)
    if not file:
        say("No deployments: they need the prefect.yaml of a checkout of Luthier, there or in this folder.")
        return
    _prefect_cli("work-pool", "create", POOL, "--type", "process", "--overwrite")
    queues.register(POOL, Settings())
    _prefect_cli("--no-prompt", "deploy", "--all", "--prefect-file", str(file))
    automations.register()


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
