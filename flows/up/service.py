"""A service that `luthier up` started: its process, its log, and how to ask whether it is well."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx

from flows.process import end_recorded, launch, stop
from luthier.storage import write_json


class Kept(Protocol):
    """What the keeper needs of a service."""

    name: str
    log: Path

    def start(self) -> None: ...
    def alive(self) -> bool: ...
    def answers(self) -> bool: ...


@dataclass
class Service:
    """answers: whether it is well, asked while its process lives; url: its address, where it has one."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str]
    answers: Callable[[], bool]
    url: str = ""
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def record(self) -> Path:
        """Lets the next `luthier up` end what a killed one left."""
        return self.log.with_suffix(".json")

    def start(self) -> None:
        """Launch it in place of an earlier process of it."""
        self.stop()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        end_recorded(self.record)
        self.process = launch(self.command, self.log, self.environment)
        write_json(self.record, {"pid": self.process.pid, "command": self.command, "url": self.url})

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End its whole process group."""
        if self.process:
            stop(self.process.pid)
            self.process.wait()
            self.record.unlink(missing_ok=True)
            self.process = None


def ok(address: str) -> bool:
    """Whether a page answers with 200."""
    try:
        return httpx.get(address, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
