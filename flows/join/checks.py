"""What a machine needs to work for a Prefect server of others; what is missing is said before it joins."""

import os
import platform
import shutil
from collections.abc import Iterator

import httpx
import psutil
from prefect import __version__ as prefect_version

from flows.queues import gpus
from flows.server import ServerError
from flows.up.workers import POOL
from luthier.bucket import open_bucket
from luthier.secrets import without_secrets
from luthier.settings import Settings


def check(settings: Settings, url: str) -> Iterator[str]:
    """A line for each thing that is well, or a warning. Raises ServerError, StorageError, StorageUnavailable.

    url: the API of the Prefect server.
    """
    with _client(url) as client:
        yield _server(client, url)
    yield _storage(settings)
    yield _tracking(settings)
    memory = psutil.virtual_memory().total / 2**30
    accelerators = f"{gpus()} GPU" if shutil.which("nvidia-smi") else "no GPU of NVIDIA's"
    yield f"machine   {platform.node()}: {accelerators}, {os.cpu_count()} CPU cores, {memory:.0f} GiB memory"


def _client(url: str) -> httpx.Client:
    sign_in = os.environ.get("PREFECT_API_AUTH_STRING")
    return httpx.Client(base_url=url, auth=httpx.BasicAuth(*sign_in.split(":", 1)) if sign_in else None, timeout=10)


def _server(client: httpx.Client, url: str) -> str:
    asked = client.get("/admin/version")
    if asked.status_code == 401:
        fix = "Set LUTHIER_SIGN_IN=user:password, as where `luthier up` runs."
        raise ServerError("the Prefect server refuses this machine's sign-in", "", fix)
    theirs = asked.raise_for_status().json()
    if theirs != prefect_version:
        why = f"It is Prefect {theirs}, this machine has {prefect_version}"
        raise ServerError("the Prefect server is another version", why, "Install the same Luthier on both.")
    if client.get(f"/work_pools/{POOL}").status_code == 404:
        raise ServerError(f"the Prefect server has no pool {POOL}", "", "Start `luthier up` there once.")
    return f"prefect   {without_secrets(url.removesuffix('/api'))}, {theirs}"


def _storage(settings: Settings) -> str:
    if not settings.share_runs:
        return "storage   warning: share_runs is off, so that runs of this machine stay on it; see docs/join.md"
    bucket = open_bucket(settings)
    bucket.list("runs/none")
    return f"storage   {bucket.uri}"


def _tracking(settings: Settings) -> str:
    uri = settings.mlflow_uri
    if not uri:
        return "mlflow    warning: mlflow_uri is not set, so that MLflow's record of these runs stays on this machine"
    try:
        well = not uri.startswith("http") or httpx.get(f"{uri}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        well = False
    return f"mlflow    {without_secrets(uri)}" if well else f"mlflow    warning: {without_secrets(uri)} does not answer"
