"""Working for a Prefect server of others until Ctrl-C, within the hours that the owner allows."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil

from flows.cli.common import say
from flows.flow_processes import end, flow_processes
from flows.join.hours import Hours
from flows.join.place import FOLDER
from flows.server import prefect_home
from flows.up.keeper import Keeper
from flows.up.service import Service
from flows.up.workers import PATIENT, POOL, is_seen
from luthier.settings import Settings
from luthier.storage import write_text
from tasks.leaving import notice

LOOK_EVERY_S = 1
TO_SAVE_S = 180
"""A flow run that is told to leave has so long to save a checkpoint and to send it."""


def prepare_queue(queue: str, priority: int | None) -> str:
    """Make the queue where it is missing, with its priority (1 comes first); a line about it."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            found = client.read_work_queue_by_name(queue, work_pool_name=POOL)
        except ObjectNotFound:
            found = client.create_work_queue(queue, work_pool_name=POOL, priority=priority)
        if priority is not None and found.priority != priority:
            client.update_work_queue(found.id, priority=priority)
        limit = found.concurrency_limit
    shown = f", at most {limit} at once on all machines (gpu_slots, where `luthier up` runs)" if limit else ""
    return f"queue     {queue}, priority {priority or found.priority}{shown}"


class Machine:
    """This machine's worker. finish: what runs when the hours end goes on here to its end."""

    def __init__(self, settings: Settings, url: str, queue: str, limit: int, finish: bool):
        self.settings, self.finish = settings, finish
        name = f"{socket.gethostname()}-joined-{os.getpid()}"
        command = [sys.executable, "-m", "flows.join.worker", name, queue, str(limit)]
        given = {**PATIENT, FOLDER: str(Path.cwd())}
        log = prefect_home(settings) / "joined.log"
        self.service = Service("the worker", command, log, given, lambda: is_seen(settings, url, name))
        self.keeper: Keeper | None = None

    def open(self) -> None:
        """Take runs; call every second. A worker that crashed is started again."""
        if self.keeper:
            self.keeper.look()
            return
        notice(self.settings).unlink(missing_ok=True)
        self.service.start()
        self.keeper = Keeper(self.service)

    def close(self) -> None:
        """Take no run any more, and hand over those that are here, or wait for their end."""
        worker, self.keeper = self.service.process, None
        if worker is None:
            return
        if not self.finish:
            write_text(notice(self.settings), "")
        worker.send_signal(signal.SIGTERM)
        if not self.finish:
            self._hand_over()
        _wait(worker)
        self.service.stop()
        notice(self.settings).unlink(missing_ok=True)

    def _hand_over(self) -> None:
        flows = _flows(self.settings)
        for process in flows:
            process.terminate()
        psutil.wait_procs(flows, timeout=TO_SAVE_S)
        end(_ours(self.settings))


def stay(machine: Machine, hours: Hours, now: Callable[[], datetime] = datetime.now) -> None:
    """Until KeyboardInterrupt; then, or when the hours end, the machine is closed. now: local time."""
    was_open: bool | None = None
    try:
        while True:
            is_open = hours.open_at(now())
            if is_open != was_open:
                say(_told(hours, is_open, now()))
                was_open = is_open
            machine.open() if is_open else machine.close()
            time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        say("leaving: runs go on here to their end" if machine.finish else "leaving: runs save and go on elsewhere")
    finally:
        machine.close()


def _told(hours: Hours, is_open: bool, now: datetime) -> str:
    change = hours.changes_at(now)
    until = f" until {change:%a %H:%M}" if change else ""
    return f"taking runs{until}; Ctrl-C leaves" if is_open else f"taking no runs{until}"


def _flows(settings: Settings) -> list[psutil.Process]:
    """The processes of the flow runs themselves: those of their models end by them."""
    return [process for process in _ours(settings) if "prefect" in " ".join(process.cmdline()[:3])]


def _ours(settings: Settings) -> list[psutil.Process]:
    """What works on flow runs that this machine took by joining; `luthier up` in the same home has its own."""
    found = [process for processes in flow_processes(settings.root).values() for process in processes]
    return [process for process in found if FOLDER in process.environ()]


def _wait(worker: "subprocess.Popen[bytes]") -> None:
    """A second Ctrl-C ends what was to be finished."""
    try:
        worker.wait()
    except KeyboardInterrupt:
        worker.terminate()
