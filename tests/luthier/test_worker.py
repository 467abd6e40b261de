"""The worker's heart, and what it makes of a machine that is too small."""

import errno
import os
import signal

import pytest

from luthier import worker
from luthier.compute import local
from luthier.compute.job import Job, new_job
from luthier.errors import HomeError, OutOfMemory
from luthier.rows import write_rows
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.spec_file import save_spec
from luthier.storage import read_json, write_json


@pytest.fixture
def run(tmp_path, tiny_model) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    messages = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]
    for name in ("train", "validation", "test"):
        write_rows(run.split(name), [{"id": name, "group": name, "messages": messages}])
    sections = {"name": "bot", "data": {"path": "x.jsonl"}, "model": {"base": str(tiny_model)}}
    save_spec(RunSpec.model_validate(sections), run.spec)
    return run


def job_of(run: RunFolder, kind="baseline") -> Job:
    return new_job(run, kind, run.root, resume_from=None, progress=0, flow_run="")


@pytest.fixture
def stop():
    before = signal.getsignal(signal.SIGTERM)
    yield worker.Stop()
    signal.signal(signal.SIGTERM, before)


def test_a_worker_whose_watcher_is_its_parent_stays(run, stop):
    job = job_of(run).model_copy(update={"watcher": os.getppid()})
    worker.beat(job)
    assert not stop() and read_json(job.folder.heartbeat)["pid"] == os.getpid()


def test_a_worker_whose_watcher_died_while_it_started_leaves(run):
    job = job_of(run).model_copy(update={"watcher": 0})
    write_json(job.folder.job, job.model_dump(mode="json"))
    assert local.start(job, threads=1).wait(120) == worker.INTERRUPTED
    assert read_json(job.folder.result) == {"interrupted": True}


def test_the_heart_goes_on_when_nothing_can_be_written(run, stop):
    job = job_of(run).model_copy(update={"watcher": os.getppid()})
    (job.folder.heartbeat / "in the way").mkdir(parents=True)
    worker.beat(job)


@pytest.mark.parametrize(
    ("kind", "stage", "key"),
    [
        ("baseline", "luthier.evaluation.baseline.baseline", "model.base"),
        ("evaluate", "luthier.evaluation.tuned.evaluate", "model.base"),
        ("train", "luthier.training.trl_engine.train", "training.micro_batch_tokens"),
    ],
)
def test_want_of_memory_and_disk_is_told_at_every_stage(run, stop, monkeypatch, kind, stage, key):
    failures = [MemoryError(), OSError(errno.ENOSPC, "No space left on device")]

    def fail(*_, **__):
        raise failures.pop(0)

    monkeypatch.setattr(stage, fail)
    with pytest.raises(OutOfMemory) as caught:
        worker.work(job_of(run, kind), stop)
    assert caught.value.where == key
    with pytest.raises(HomeError, match="no room left"):
        worker.work(job_of(run, kind), stop)
