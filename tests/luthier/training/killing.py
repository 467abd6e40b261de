"""Attempts that are processes of their own, and are killed with SIGKILL."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import train_driver

from luthier.run_folder import RunFolder
from luthier.storage import read_jsonl, sha256_file

FORKS = multiprocessing.get_context("forkserver")
"""Each attempt is forked from a process that has imported torch already."""


@contextmanager
def imports_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[3]), str(Path(__file__).parent)]))
        FORKS.set_forkserver_preload(["train_driver"])
        yield


def start(run: RunFolder, base: Path, number: int) -> multiprocessing.process.BaseProcess:
    process = FORKS.Process(target=train_driver.main, args=(run.root, base, number))
    process.start()
    return process


def kill_when(process, condition: Callable[[], bool]) -> bool:
    """SIGKILL as soon as the condition holds; False if the process ended before."""
    while process.is_alive():
        if condition():
            process.kill()
            process.join()
            return process.exitcode == -signal.SIGKILL
        time.sleep(0.0005)
    return False


def killed(run: RunFolder, base: Path, number: int, condition: Callable[[], bool]) -> None:
    assert kill_when(start(run, base, number), condition), "it ended before it could be killed"


def killed_at(run: RunFolder, base: Path, goals: list[int]) -> None:
    """An attempt for each goal, killed once it has logged that step."""
    for number, goal in enumerate(goals, start=1):
        killed(run, base, number, lambda n=number, g=goal: (steps_logged(run, n) or [0])[-1] >= g)


def steps_logged(run: RunFolder, number: int) -> list[int]:
    return [event["step"] for event in read_jsonl(run.attempt(number).events) if "train_loss" in event]


def adapter_sha256(run: RunFolder) -> str:
    return sha256_file(run.adapter / "adapter_model.safetensors")
