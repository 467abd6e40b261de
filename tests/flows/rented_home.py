"""A $LUTHIER_HOME whose rented pods are processes of a simulated cloud."""

import sys
from pathlib import Path
from typing import Any

import httpx
from chain import Home, wait_until, write_spec

from luthier.bucket import open_bucket
from luthier.compute.orders import Remote
from luthier.compute.rented import open_rented
from luthier.rehearsal.cloud import Cloud, Image
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import load_spec, save_spec
from luthier.storage import read_json, read_jsonl

IMAGE = "luthier:test"
RENTED = {"provider": "runpod", "gpu": "NVIDIA L40S"}
SHORT = {"max_steps": 24, "checkpoint_every": 4}
LONG = {"epochs": 20, "max_steps": 240, "checkpoint_every": 5}
"""Some seconds of training, so that there is time to do something to it."""


def cloud_of(folder: Path, **settings: Any) -> Cloud:
    """Its image is the real one: `python -m luthier.pod`."""
    return Cloud({IMAGE: Image((sys.executable, "-m", "luthier.pod"))}, root=folder / "cloud", **settings)


def environment(cloud: Cloud, storage: Path) -> dict[str, str]:
    """What makes a home rent there; a simulated pod is up in a second, so that silence means something sooner."""
    return {
        "RUNPOD_API_BASE_URL": cloud.url,
        "RUNPOD_API_KEY": cloud.account.key,
        "LUTHIER_STORAGE": str(storage),
        "LUTHIER_POD_IMAGE": IMAGE,
        "LUTHIER_HEARTBEAT_S": "1",
        "LUTHIER_PROVIDER_POLL_S": "1",
        "LUTHIER_POD_READY_MINUTES": "2",
    }


def rented_spec(folder: Path, model: Path, **sections: dict[str, Any]) -> Path:
    """As write_spec, of 24 steps on a rented pod."""
    compute, training = RENTED | sections.pop("compute", {}), SHORT | sections.pop("training", {})
    return write_spec(folder, model, compute=compute, training=training, **sections)


class RentedHome(Home):
    """A home with its own bucket (a folder) on `cloud`; the bucket is `root`.storage."""

    def __init__(self, root: Path, cloud: Cloud, **more: str):
        self.cloud, self.storage = cloud, root.with_name(f"{root.name}.storage")
        super().__init__(root, **environment(cloud, self.storage), **more)

    @property
    def remote(self) -> Remote:
        return Remote(open_bucket(Settings(storage=str(self.storage))), self.run.run_id)

    def at_step(self, step: int, process: Any) -> None:
        """Wait until a checkpoint of `step`, or a later one, is in the storage."""
        wait_until(lambda: max(self.stored_steps(), default=0) >= step, process)

    def stored_steps(self) -> list[int]:
        """Steps of the whole checkpoints in the storage."""
        runs = self.storage.glob("runs/*/checkpoints/step-*/manifest.json")
        return sorted(int(path.parent.name.split("-")[1]) for path in runs)

    @property
    def pod(self) -> Any:
        """The one pod that costs money now."""
        (pod,) = self.cloud.running_pods()
        return pod

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in read_jsonl(self.run.events) if event["kind"] == kind]

    @property
    def flow_run(self) -> str:
        return read_json(self.run.root / "prefect.json")["prefect_flow_run_id"]


class Api:
    """What the Prefect server says."""

    def __init__(self, url: str):
        self.url = url

    def of(self, kind: str, flow_run: str, **query: Any) -> list[dict[str, Any]]:
        """kind: task_runs, artifacts or logs, of one flow run."""
        query |= {"logs": {"flow_run_id": {"any_": [flow_run]}}} if kind == "logs" else {}
        query |= {"artifacts": {"flow_run_id": {"any_": [flow_run]}}} if kind == "artifacts" else {}
        query |= {"flow_runs": {"id": {"any_": [flow_run]}}} if kind == "task_runs" else {}
        return httpx.post(f"{self.url}/{kind}/filter", json=query, timeout=60).raise_for_status().json()

    def flow_run(self, flow_run: str) -> dict[str, Any]:
        return httpx.get(f"{self.url}/flow_runs/{flow_run}", timeout=60).raise_for_status().json()

    def task_run(self, flow_run: str, name: str) -> dict[str, Any]:
        return next(run for run in self.of("task_runs", flow_run) if run["name"].startswith(f"{name}-"))

    def states(self, task_run: str) -> list[str]:
        """Names of all states that a task run was in, in order."""
        answer = httpx.get(f"{self.url}/task_run_states/", params={"task_run_id": task_run}, timeout=60)
        states = sorted(answer.raise_for_status().json(), key=lambda state: state["timestamp"])
        return [state["name"] for state in states]


def rent(run: RunFolder, spec: Path) -> None:
    """Give a run that never began a pod, on record, by the settings of this process's environment."""
    save_spec(load_spec(spec), run.spec)
    for _event in open_rented(run, load_spec(spec), Settings()).rental.ensure(hours_needed=1):
        pass
