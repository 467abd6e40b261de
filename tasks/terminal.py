"""What a person at a terminal sees of a stage: a bar in a terminal, plain lines elsewhere."""

import sys
import time
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY_S = 20


class Display(Protocol):
    def line(self, text: str) -> None: ...
    def progress(self, done: int, total: int, text: str) -> None: ...
    def close(self) -> None: ...


class Bar:
    """A rich progress bar on stderr."""

    def __init__(self, stage: str):
        columns = (
            TextColumn("[bold]{task.fields[stage]:<14}"),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task("", total=None, stage=stage)
        self.stage = stage
        self.bar.start()

    def line(self, text: str) -> None:
        self.bar.console.print(f"{self.stage:<14} {text}", markup=False, highlight=False)

    def progress(self, done: int, total: int, text: str) -> None:
        self.bar.update(self.task, completed=done, total=total, description=text)

    def close(self) -> None:
        self.bar.stop()


class Lines:
    """Plain lines on stderr, not more than one a while."""

    def __init__(self, stage: str):
        self.stage = stage
        self.last = time.monotonic()

    def line(self, text: str) -> None:
        print(f"{self.stage:<14} {text}", file=sys.stderr, flush=True)

    def progress(self, done: int, total: int, text: str) -> None:
        if done == total or time.monotonic() - self.last > LINE_EVERY_S:
            self.last = time.monotonic()
            self.line(f"{done}/{total} {text}".rstrip())

    def close(self) -> None:
        pass


def display(stage: str) -> Display:
    return Bar(stage) if sys.stderr.isatty() else Lines(stage)
