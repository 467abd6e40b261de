"""A small training on pods of a simulated cloud: a run in a home, and what a test wants to know of it."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from training_runs import make_run, spec

from luthier.compute import rented
from luthier.compute.job import new_job
from luthier.compute.pods import ending, log_tail, wire
from luthier.compute.pods.record import Records
from luthier.compute.rented import Rented, open_rented
from luthier.compute.supervise import supervise
from luthier.events import Event
from luthier.rehearsal.cloud import Cloud, Image, Pod, Timing
from luthier.rehearsal.cloud.container import members
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import BudgetSpec, RunSpec
from luthier.spec_file import load_spec, save_spec
from luthier.storage import read_jsonl

GPU = "NVIDIA L40S"
AGENT = Image((sys.executable, "-m", "luthier.pod"), {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"})
EVERY = 8
TRAINING = {"epochs": 6, "checkpoint_every": EVERY, "samples": 0, "micro_batch_tokens": None}
"""66 steps, some seconds; how much goes through the model at once is left to the worker."""


def scripted(behaviour: str) -> Image:
    """A pod that only plays its part; see scripted_pod.py."""
    return Image((sys.executable, "-P", str(Path(__file__).with_name("scripted_pod.py")), behaviour))


class RentedRun:
    """A run in the home `root`, whose pods keep it in `storage`."""

    def __init__(self, root: Path, storage: Path, base: Path, image: str = "agent", **settings: Any):
        quick = {"heartbeat_s": 1, "provider_poll_s": 0.3} | settings
        self.settings = Settings(home=root, storage=str(storage), pod_image=image, **quick)
        self.run = make_run(self.settings.runs / "tiny-1", asked=rented_spec(base))

    def change(self, **sections: Any) -> None:
        """Other values in sections of the spec, as a user would write them between two starts."""
        saved = load_spec(self.run.spec)
        changed = {name: getattr(saved, name).model_copy(update=values) for name, values in sections.items()}
        save_spec(saved.model_copy(update=changed), self.run.spec)

    def open(self) -> Rented:
        """As another process would: nothing is remembered but what is in the home and in the storage."""
        return open_rented(self.run, load_spec(self.run.spec), self.settings)

    def attempt(self, kind: Any = "train") -> Iterator[Event]:
        """The events of the next attempt, as a task of the flow gets them."""
        rented = self.open()
        rented.catch_up()
        return rented.work(kind, 0, "flow", 1.0)

    def result(self) -> dict[str, Any]:
        """Of the next attempt, to its end."""
        *_, last = self.attempt()
        assert last["kind"] == "finished"
        return last["result"]

    def events(self, kind: str) -> list[Event]:
        return [event for event in read_jsonl(self.run.events) if event["kind"] == kind]

    @property
    def records(self) -> Records:
        return Records(self.run)


def rented_spec(base: Path) -> RunSpec:
    asked = spec(**TRAINING)
    return asked.model_copy(
        update={
            "model": asked.model.model_copy(update={"base": str(base)}),
            "compute": asked.compute.model_copy(update={"provider": "runpod", "gpu": GPU}),
            "budget": BudgetSpec(),
        }
    )


def until(events: Iterator[Event], kind: str, holds: Callable[[Event], bool] = lambda _: True) -> Event:
    """Take events up to the first of this kind for which `holds` is true; who watches then goes no further."""
    return next(event for event in events if event["kind"] == kind and holds(event))


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def at_step(step: int) -> Callable[[Pod], bool]:
    """For a watch of the cloud: whether a pod's training has come so far."""

    def holds(pod: Pod) -> bool:
        told = [
            event for path in pod.disk.glob(".luthier/runs/*/attempts/*/events.jsonl") for event in read_jsonl(path)
        ]
        return any(event["kind"] == "metrics" and event["step"] >= step for event in told)

    return holds


def worker_of(pod: Pod) -> psutil.Process:
    """The process in a pod that holds the model."""
    (found,) = (process for process in members(pod.id) if "luthier.worker" in process.cmdline())
    return found


def adapter(run: RunFolder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(run.adapter.iterdir())}


@pytest.fixture
def cloud(monkeypatch) -> Iterator[Cloud]:
    """Its image `agent` is the real one: `python -m luthier.pod`."""
    timing = Timing(pull_s=0.05, restart_s=0.1, stop_grace_s=0.3)
    with Cloud({"agent": AGENT}, timing=timing) as cloud:
        monkeypatch.setenv("RUNPOD_API_BASE_URL", cloud.url)
        monkeypatch.setenv("RUNPOD_API_KEY", cloud.account.key)
        yield cloud


@pytest.fixture
def impatient(monkeypatch) -> None:
    """The same looks and waits at home, only shorter ones."""
    monkeypatch.setattr(rented, "POLL_S", 0.05)
    monkeypatch.setattr(rented, "ASK_AGAIN_S", (0.1,))
    monkeypatch.setattr(ending, "LOOK_S", 0.05)
    monkeypatch.setattr(ending, "VISIBLE_S", 0.3)
    monkeypatch.setattr(wire, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(wire, "ANSWER_S", 2)
    monkeypatch.setattr(log_tail, "QUIET_S", 0.2)


@pytest.fixture
def home(cloud, impatient, tiny_model, tmp_path) -> RentedRun:
    """A run that is ready to train on `cloud`, in `tmp_path`/home, with a folder for storage."""
    return RentedRun(tmp_path / "home", tmp_path / "storage", tiny_model)


@pytest.fixture(scope="session")
def trained_here(tiny_model, tmp_path_factory) -> RunFolder:
    """The same run, trained on this machine without a break."""
    root = tmp_path_factory.mktemp("here")
    run = RentedRun(root, root / "storage", tiny_model).run
    job = new_job(run, "train", root / "models", progress=0, flow_run="")
    for _ in supervise(job, threads=1):
        pass
    return run
