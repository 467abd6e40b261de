"""Finished answers on disk: a stage that dies goes on with those that are missing."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from luthier.events import EventLog
from luthier.storage import append_jsonl, read_jsonl, sha256_json, write_jsonl


class Interrupted(Exception):
    """The worker was asked to stop; every answer that was finished is in the journal."""


class Journal:
    """One line an answer: {key, part, index, seconds, result}; `seconds` is the time since the one before.

    `content` is everything the results depend on; lines that were written for other content do not count.
    """

    def __init__(self, path: Path, content: Any, log: EventLog, stop: Callable[[], bool]):
        self.path, self.log, self.stop = path, log, stop
        self.key = sha256_json(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [line for line in read_jsonl(path) if line["key"] == self.key]
        write_jsonl(path, lines)  # what is appended next must not follow a torn line
        self.results: dict[str, dict[int, Any]] = {}
        self.spent: dict[str, float] = {}
        for line in lines:
            self._take(line)

    def run(self, part: str, total: int, work: Callable[[set[int]], Iterable[tuple[int, Any]]]) -> list[Any]:
        """The results for the indices 0 … total - 1, in their order.

        `work(missing)` gives (index, a JSON value) for each index that is not done yet, in any order, each as soon as
        it is there. Raises Interrupted between two of them.
        """
        self.log.write("phase", name=part)
        done = self.results.setdefault(part, {})
        missing = set(range(total)) - done.keys()
        if self.stop():
            raise Interrupted
        since = time.monotonic()
        for index, result in work(missing) if missing else ():
            now = time.monotonic()
            self._write({"key": self.key, "part": part, "index": index, "seconds": now - since, "result": result})
            self.log.write("progress", done=len(done), total=total, unit="answers", text=part)
            if len(done) < total and self.stop():
                raise Interrupted
            since = time.monotonic()  # a pause is no part of the next answer's time
        return [done[index] for index in range(total)]

    def seconds(self, part: str) -> float:
        """Time the part's answers took, over all attempts; what was lost in a killed one is not counted."""
        return self.spent.get(part, 0.0)

    def _write(self, line: dict[str, Any]) -> None:
        append_jsonl(self.path, line)
        self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        part = line["part"]
        self.results.setdefault(part, {})[line["index"]] = line["result"]
        self.spent[part] = self.spent.get(part, 0.0) + line["seconds"]
