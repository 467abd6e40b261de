"""Driving the real `luthier` command on tiny data, and killing what it starts."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml

from luthier.run_folder import RunFolder
from luthier.storage import read_json

PATIENCE_S = 240


def write_spec(folder: Path, model: Path, seed: int = 17, **sections: dict[str, Any]) -> Path:
    """A spec over 120 little facts, small enough for a chain of a minute. Another seed is another run: what is in line
    on the session's server is known by its run.
    """
    dice = random.Random(5)
    rows = [
        {
            "prompt": f"What colour is the {dice.choice(['cup', 'hat', 'boat', 'tree'])} of house {number}?",
            "completion": f"In house {number} it is {dice.choice(['red', 'blue', 'green', 'white'])}.",
        }
        for number in range(120)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    spec: dict[str, Any] = {
        "name": "tiny",
        "seed": seed,
        "data": {"path": "data.jsonl"},
        "model": {"base": str(model)},
        "training": {
            "epochs": 9,
            "patience": 100,
            "checkpoint_every": 6,
            "dtype": "float32",
            "dropout": 0.1,
            "samples": 1,
        },  # fmt: skip
        "evaluation": {"max_new_tokens": 8, "few_shot": [1]},
        "compute": {"threads": 1},
    }
    for name, section in sections.items():
        spec[name] = {**spec.get(name, {}), **section}
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec))
    return path


class Home:
    """A $LUTHIER_HOME of one test."""

    def __init__(self, root: Path, **environment: str):
        self.root = root
        self.environment = {**os.environ, "LUTHIER_HOME": str(root), **environment}

    def luthier(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        with self.started(*arguments) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @contextmanager
    def started(self, *arguments: object) -> Iterator[subprocess.Popen[str]]:
        """The command in the background; it and all it started are gone after the block."""
        process = subprocess.Popen(
            [Path(sys.executable).parent / "luthier", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @property
    def run(self) -> RunFolder:
        (folder,) = (self.root / "runs").iterdir()
        return RunFolder(folder)

    def kill_worker(self, process: subprocess.Popen[str], kind: str, after: Callable[[], bool]) -> int:
        """SIGKILL the next worker of `kind` once `after()` holds; returns its attempt."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            for worker in psutil.Process(process.pid).children(recursive=True):
                attempt = self._attempt_of(worker)
                if attempt and read_json(attempt.job)["kind"] == kind and after():
                    worker.kill()
                    psutil.wait_procs([worker], timeout=30)  # or the next call would find the dying one again
                    return attempt.number
            time.sleep(0.02)
        raise AssertionError(f"no {kind} worker to kill")

    def _attempt_of(self, worker: psutil.Process) -> Any:
        try:
            command = worker.cmdline()
        except psutil.Error:
            return None
        if "luthier.worker" not in command:
            return None
        number = int(Path(command[-1]).parent.name)
        return self.run.attempt(number)

    def steps(self) -> list[int]:
        """Steps of the checkpoints that stand, in order."""
        return sorted(int(path.name.split("-")[1]) for path in self.run.checkpoints.glob("step-*"))

    def stop_server(self) -> None:
        """End the Prefect server that a killed command left behind."""
        record = self.root / "prefect" / "server.json"
        if record.exists():
            pid = read_json(record)["pid"]
            if psutil.pid_exists(pid):
                os.killpg(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    """Until `condition()` holds; fails when `process` ends before."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def working(log: Path) -> Iterator[None]:
    """A worker that takes the runs of the deployments, in this process's environment."""
    from flows import process
    from flows.up.workers import worker_command

    worker = process.launch(worker_command(), log, {"PREFECT_WORKER_QUERY_SECONDS": "1"})  # else ten
    try:
        yield
    finally:
        process.stop(worker.pid)
        worker.wait()
