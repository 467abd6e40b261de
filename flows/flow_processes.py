"""Processes of flow runs on this machine: they outlive the worker that started them, each in a session of its own."""

import os
import signal
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

STOP_WITHIN_S = 20


def flow_processes(home: Path) -> dict[str, list[psutil.Process]]:
    """What works on flow runs of this home, by the flow run's id; also the process of a model, which inherits it."""
    found: dict[str, list[psutil.Process]] = defaultdict(list)
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environment = process.environ()
            if environment.get("LUTHIER_HOME") == str(home) and (id := environment.get("PREFECT__FLOW_RUN_ID")):
                found[id].append(process)
    return found


def end(processes: list[psutil.Process]) -> None:
    """Tell their process groups to end, so that they save and tidy up; those that do not are killed."""
    _signal(processes, signal.SIGTERM)
    _, left = psutil.wait_procs(processes, timeout=STOP_WITHIN_S)
    _signal(left, signal.SIGKILL)
    psutil.wait_procs(left, timeout=STOP_WITHIN_S)


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if process.is_running():
                group = os.getpgid(process.pid)
                os.killpg(group, number) if group != os.getpgrp() else process.send_signal(number)
