"""Finished batches on disk: a stage that dies goes on with the next one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from luthier.events import EventLog
from luthier.storage import append_jsonl, read_jsonl, sha256_json, write_jsonl


class Interrupted(Exception):
    """The worker was asked to stop; every batch that was finished is in the journal."""


class Journal:
    """One line a batch: {key, part, batch, seconds, results}.

    `content` is everything the results depend on; lines that were written for other content do not count.
    """

    def __init__(self, path: Path, content: Any, log: EventLog, stop: Callable[[], bool]):
        self.path, self.log, self.stop = path, log, stop
        self.key = sha256_json(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [line for line in read_jsonl(path) if line["key"] == self.key]
        write_jsonl(path, lines)  # what is appended next must not follow a torn line
        self.lines = {(line["part"], line["batch"]): line for line in lines}

    def run(self, part: str, batches: list[list[int]], work: Callable[[list[int]], list[Any]]) -> list[Any]:
        """`work(batch)` for each batch that is not done yet; the results of all, in the order of the indices.

        `work` gives one JSON value an index. Raises Interrupted between two batches.
        """
        total, done = sum(map(len, batches)), 0
        self.log.write("phase", name=part)
        results: dict[int, Any] = {}
        for number, batch in enumerate(batches):
            if (part, number) not in self.lines:
                self._do(part, number, batch, work)
            results |= zip(batch, self.lines[part, number]["results"], strict=True)
            done += len(batch)
            self.log.write("progress", done=done, total=total, unit="answers", text=part)
        return [results[index] for index in sorted(results)]

    def seconds(self, part: str) -> float:
        """Time the part's batches took, over all attempts."""
        return sum(line["seconds"] for (name, _), line in self.lines.items() if name == part)

    def _do(self, part: str, number: int, batch: list[int], work: Callable[[list[int]], list[Any]]) -> None:
        if self.stop():
            raise Interrupted
        started = time.monotonic()
        results = work(batch)
        seconds = time.monotonic() - started
        line = {"key": self.key, "part": part, "batch": number, "seconds": seconds, "results": results}
        append_jsonl(self.path, line)
        self.lines[part, number] = line
