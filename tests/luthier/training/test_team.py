"""Processes that train together die together, and nothing is lost."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from killing import imports_once
from team_driver import together
from training_runs import make_run, spec

from luthier.compute import team
from luthier.compute.job import Job, new_job
from luthier.compute.supervise import supervise
from luthier.errors import SpecError, WorkerDied
from luthier.run_folder import RunFolder
from luthier.spec import ComputeSpec
from luthier.storage import read_json
from luthier.training.checkpoints import newest_complete

SOON_S = 5


@pytest.fixture(scope="module", autouse=True)
def _imports_once():
    with imports_once():
        yield


def made(folder, base) -> RunFolder:
    """8 steps with a checkpoint every 2, by two processes that each drop something else."""
    asked = spec(max_steps=8, checkpoint_every=2, samples=0, dropout=0.1)
    asked.compute.processes, asked.model.base = 2, str(base)
    return make_run(folder, asked=asked)


def job_of(run: RunFolder) -> Job:
    checkpoint, _ = newest_complete(run.checkpoints)
    resume_from = checkpoint.path if checkpoint else None
    return new_job(run, "train", run.root, progress=0, flow_run="", resume_from=resume_from)


def coworkers(run: RunFolder) -> list[psutil.Process]:
    commands = [(process, process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [each for each, words in commands if "luthier.coworker" in words and str(run.root) in " ".join(words)]


def all_gone(run: RunFolder) -> bool:
    until = time.monotonic() + SOON_S
    while coworkers(run) and time.monotonic() < until:
        time.sleep(0.05)
    return not coworkers(run)


def until_step(events: Iterator[dict], step: int) -> None:
    next(event for event in events if event.get("train_loss") and event["step"] >= step)


@pytest.mark.slow
def test_one_is_killed_and_one_is_asked_to_stop(tiny_model, tmp_path):
    straight, run = made(tmp_path / "straight", tiny_model), made(tmp_path / "run", tiny_model)
    together(straight, tiny_model, 1, count=2)
    chance = random.Random(7)

    events = supervise(job_of(run), threads=1)
    until_step(events, chance.randrange(1, 5))
    coworkers(run)[0].kill()
    with pytest.raises(WorkerDied, match="killed"):
        list(events)
    assert all_gone(run) and not run.attempt(1).result.exists()

    events = supervise(job_of(run), threads=1)
    until_step(events, 5)
    events.close()  # the worker alone is asked
    assert all_gone(run) and read_json(run.attempt(2).result) == {"interrupted": True}
    assert newest_complete(run.checkpoints)[0].attempt == 2

    together(run, tiny_model, 3, count=2)
    result = read_json(run.attempt(3).result)
    assert (
        result["resumed_from"] and result["adapter_sha256"] == read_json(straight.attempt(1).result)["adapter_sha256"]
    )


def test_the_failure_of_one_is_the_failure_of_all(tmp_path):
    """This one finds no base model, while the leader waits."""
    run = made(tmp_path / "run", tmp_path / "nowhere")
    job = job_of(run)
    leads = "import os, sys, time; from luthier.compute.job import Job; from luthier.compute.team import Place, Team\n"
    leads += "from luthier.storage import read_json; from pathlib import Path\n"
    leads += "with Team(Job.model_validate(read_json(Path(sys.argv[1]))), Place(0, 2, os.getpid())): time.sleep(60)"
    done = subprocess.run([sys.executable, "-c", leads, str(job.folder.job)], capture_output=True, text=True)
    assert done.returncode == 1 and "process 2 of 2 ended with 1" in done.stderr
    assert read_json(job.folder.result)["error"]["type"] == "ModelError"


def test_who_follows_leaves_with_the_leader():
    follows = (
        "import os, time; from luthier.compute.team import leave_with; leave_with(os.getppid()); print(os.getpid()"
    )
    leads = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{follows}, flush=True); time.sleep(60)'])"
    leader = subprocess.Popen([sys.executable, "-c", leads], stdout=subprocess.PIPE, text=True)
    follower = psutil.Process(int(leader.stdout.readline()))
    leader.kill()
    leader.wait()
    follower.wait(SOON_S)


@pytest.mark.parametrize(("visible", "asked", "count"), [("0,1", None, 2), ("0,1", 1, 1), ("", None, 1), ("-1", 3, 3)])
def test_one_for_each_gpu(visible, asked, count, monkeypatch):
    monkeypatch.setenv(team.VISIBLE, visible)
    assert team.lead(ComputeSpec(processes=asked)) == team.Place(0, count, os.getpid())


def test_no_two_share_a_gpu(monkeypatch):
    monkeypatch.setenv(team.VISIBLE, "0,1")
    with pytest.raises(SpecError, match="3 processes cannot share 2 GPUs"):
        team.lead(ComputeSpec(processes=3))
