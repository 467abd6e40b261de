"""A training that stands still while its machine runs on battery: a real worker under its supervisor."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from training_runs import make_run, spec

from luthier import worker
from luthier.background import pauses, priority
from luthier.background.pauses import Pauses
from luthier.compute import local
from luthier.compute.job import new_job
from luthier.compute.supervise import supervise
from luthier.errors import WorkerDied
from luthier.evaluation.journal import Journal
from luthier.events import EventLog
from luthier.history import paused, paused_s
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl
from luthier.training.checkpoints import newest_complete

DRIVER = Path(__file__).with_name("restless_worker.py")


class Plug:
    """Of a laptop."""

    def __init__(self, folder: Path):
        for name, kind in (("AC", "Mains"), ("BAT0", "Battery")):
            (folder / name).mkdir(parents=True)
            (folder / name / "type").write_text(f"{kind}\n")
        self.folder = folder
        self.out()

    def put_in(self) -> None:
        (self.folder / "AC" / "online").write_text("1\n")

    def out(self) -> None:
        (self.folder / "AC" / "online").write_text("0\n")


@pytest.fixture
def plug(tmp_path, monkeypatch) -> Plug:
    plug = Plug(tmp_path / "power_supply")

    def start(job, _threads):
        command = [sys.executable, str(DRIVER), str(job.folder.job), str(plug.folder)]
        with job.folder.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    monkeypatch.setattr(local, "start", start)
    return plug


@pytest.fixture
def stop():
    before = signal.getsignal(signal.SIGTERM)
    yield worker.Stop()
    signal.signal(signal.SIGTERM, before)


def run_of(folder: Path, base: Path, background: bool) -> RunFolder:
    asked = spec(max_steps=100, epochs=20, checkpoint_every=40)
    asked.model.base, asked.compute.background = str(base), background
    return make_run(folder, asked=asked)


def job_of(run: RunFolder):
    checkpoint, _ = newest_complete(run.checkpoints)
    return new_job(run, "train", run.root, resume_from=checkpoint and checkpoint.path, progress=0, flow_run="")


def beats(run: RunFolder) -> set[float]:
    """Of a second and a half."""
    seen = set()
    for _ in range(8):
        seen.add(read_json(run.attempt(1).heartbeat)["time"])
        time.sleep(0.2)
    return seen


@pytest.mark.slow
def test_it_stands_still_goes_on_and_leaves_with_the_same_result(plug, stop, tiny_model, tmp_path, monkeypatch):
    straight = worker.work(job_of(run_of(tmp_path / "straight", tiny_model, background=False)), stop)
    run, told, asked_at = run_of(tmp_path / "run", tiny_model, background=True), [], 0.0
    with pytest.raises(WorkerDied, match="saved its state"):
        for event in supervise(job_of(run)):
            told += [event] if event["kind"] in ("paused", "continued") else []
            if event["kind"] == "continued":
                plug.out()
            elif event["kind"] == "paused" and len(told) == 1:
                process = psutil.Process(read_json(run.attempt(1).worker)["pid"])
                assert process.nice() == 1, "the driver's"
                assert paused(read_jsonl(run.events)) == event
                assert len(beats(run)) > 1, "a pause looks like a hang"
                plug.put_in()
            elif event["kind"] == "paused":
                process.terminate()
                asked_at = time.monotonic()
    assert time.monotonic() - asked_at < 10
    assert [event["kind"] for event in told] == ["paused", "continued", "paused", "continued"]
    assert {event["reason"] for event in told} == {"on battery"}
    assert paused(read_jsonl(run.events)) is None
    assert paused_s(run) == sum(event["seconds"] for event in told if event["kind"] == "continued") > 1.5
    monkeypatch.setattr(worker, "lower", lambda: None)  # of this process it could not be raised again
    monkeypatch.setattr(pauses, "LOOK_S", float("inf"))
    result = worker.work(job_of(run), stop)
    assert 0 < result["resumed_from"] < 100, "the pause came after the end"
    assert result["adapter_sha256"] == straight["adapter_sha256"]


class Machine:
    """What a look finds, one after the other; then nothing."""

    def __init__(self, monkeypatch, *reasons: str):
        self.reasons = list(reasons)
        monkeypatch.setattr(pauses, "on_battery", lambda: self._is("on battery", take=False))
        monkeypatch.setattr(pauses, "hot", lambda: self._is("the machine is hot", take=True))
        for name, seconds in (("LOOK_S", 0.01), ("CALM_S", 0.1), ("ASK_S", 0.01)):
            monkeypatch.setattr(pauses, name, seconds)
        monkeypatch.setattr(pauses, "Busy", lambda: lambda: False)

    def _is(self, reason: str, take: bool) -> bool:
        found = self.reasons[:1] == [reason]
        if found or take:
            del self.reasons[:1]
        return found


def test_each_reason_of_a_pause_is_told(monkeypatch, tmp_path):
    Machine(monkeypatch, "on battery", "on battery", "", "the machine is hot")
    log = EventLog(tmp_path / "events.jsonl")
    pause = Pauses(log, lambda: False)
    time.sleep(0.02)
    pause()
    told = read_jsonl(log.path)
    assert [(event["kind"], event["reason"]) for event in told] == [
        ("paused", "on battery"), ("paused", "the machine is hot"), ("continued", "the machine is hot"),
    ]  # fmt: skip
    assert 0.1 <= told[-1]["seconds"] < 5


def test_a_pause_is_no_part_of_the_time_of_answers(tmp_path):
    journal = Journal(tmp_path / "partial.jsonl", "content", EventLog(tmp_path / "events"), lambda: time.sleep(0.3))
    journal.run("answers", 3, lambda missing: ((index, "x") for index in sorted(missing)))
    assert journal.seconds("answers") < 0.2


def test_priority_is_low():
    code = "import os, psutil; from luthier.background.priority import *; lower()\n"
    code += "group = GROUP.read_text().split()[-1] if GROUP.exists() else NICE\n"
    code += "print(group, os.nice(0), psutil.Process().ionice().value if hasattr(psutil, 'IOPRIO_CLASS_BE') else 7)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, start_new_session=True)
    assert done.stdout.split() == [str(priority.NICE)] * 2 + [str(priority.LAST_ON_DISK)], done.stderr
    assert os.nice(0) < priority.NICE
