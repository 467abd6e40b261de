"""A worker that takes more memory than it may is told so in the words for too little memory."""

import signal
import time

import numpy as np
import psutil
import pytest
import torch
from training_runs import make_run, spec

from luthier import worker
from luthier.background.memory import GB, held_bytes, left_bytes, limited, most_gb
from luthier.compute.job import new_job
from luthier.errors import OutOfMemory
from luthier.events import EventLog
from luthier.spec import ComputeSpec
from luthier.storage import read_jsonl
from luthier.training.measure import free_memory

TRAIN = "luthier.training.trl_engine.train"


@pytest.fixture
def stop():
    before = signal.getsignal(signal.SIGTERM)
    yield worker.Stop()
    signal.signal(signal.SIGTERM, before)


def take(gb: float, seconds: float) -> dict:
    """Hold so much more, until somebody objects."""
    held, until = np.ones(int(gb * GB / 8)), time.monotonic() + seconds
    while time.monotonic() < until:
        held[::4096] += 1
    return {}


def test_too_much_is_refused_in_the_usual_words(stop, monkeypatch, tmp_path):
    monkeypatch.setattr(TRAIN, lambda *_, **__: take(0.1, seconds=1.2))
    asked = spec()
    asked.compute.max_memory_gb = held_bytes() / GB + 0.3
    run = make_run(tmp_path / "run", asked=asked)
    job = new_job(run, "train", tmp_path, resume_from=None, progress=0, flow_run="")
    job = job.model_copy(update={"base": tmp_path})
    assert worker.work(job, stop) == {}
    monkeypatch.setattr(TRAIN, lambda *_, **__: take(0.6, seconds=10))
    with pytest.raises(OutOfMemory) as caught:
        worker.work(job, stop)
    assert caught.value.where == "training.micro_batch_tokens"
    (warning,) = (event for event in read_jsonl(job.folder.events) if event["kind"] == "warning")
    assert "compute.max_memory_gb" in warning["text"]


def test_what_is_chosen_by_free_memory_keeps_within_the_limit(tmp_path):
    assert left_bytes() == float("inf")
    with limited(held_bytes() / GB + 0.5, EventLog(tmp_path / "events")):
        assert 0 < free_memory(torch.device("cpu")) <= 0.5 * GB + 1
    assert left_bytes() == float("inf")


def test_the_limit_of_a_spec():
    assert most_gb(ComputeSpec()) is None
    assert most_gb(ComputeSpec(max_memory_gb=3, background=True)) == 3
    assert most_gb(ComputeSpec(background=True)) == pytest.approx(psutil.virtual_memory().total / 2e9)
