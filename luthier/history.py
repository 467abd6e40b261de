"""The whole run's record: `events.jsonl` and `metrics.csv`, gathered from every attempt."""

import csv
import time
from collections.abc import Iterator
from typing import Any

from luthier.events import Event, EventLog, EventTail
from luthier.run_folder import RunFolder
from luthier.storage import atomic_path, read_json, read_jsonl

METRIC_COLUMNS = ("step", "attempt", "train_loss", "validation_loss", "learning_rate", "grad_norm", "perplexity")


OF_THE_FLOW = {"interrupted", "pieces"}
"""Kinds that speak of an attempt, and are not its worker's own."""


class RunHistory:
    """Copies what the attempts say into the run's own log, each line once, whoever was killed when."""

    def __init__(self, run: RunFolder):
        self.run = run
        self.log = EventLog(run.events)
        self.tails: dict[int, EventTail] = {}

    def tell(self, kind: str, **fields: Any) -> None:
        """An event of the flow itself."""
        self.log.write(kind, **fields)

    def mirror(self, attempt: int) -> Iterator[Event]:
        """The events `attempt` added since the last look; each is copied before it is yielded."""
        for event in self._tail(attempt).new():
            fields = {name: value for name, value in event.items() if name not in ("kind", "time")}
            copied = {"time": event["time"], "kind": event["kind"], "attempt": attempt, **fields}
            self.log.append(copied)
            yield copied

    def catch_up(self, before: int) -> Iterator[Event]:
        """What the attempts `before` that number said after their watcher was gone, and that they were interrupted."""
        known = {event["attempt"] for event in self._deaths()}
        for number in (n for n in self.run.attempt_numbers() if n < before):
            yield from self.mirror(number)
            attempt = self.run.attempt(number)
            if number not in known and attempt.job.exists() and not _told_its_end(attempt.result):
                self.interrupted(read_json(attempt.job)["kind"], number, "The process that watched it was gone too")

    def was_interrupted(self, attempt: int) -> bool:
        return any(event["attempt"] == attempt for event in self._deaths())

    def interrupted(
        self, stage: str, attempt: int, cause: str, excused: bool = False, error: str = "WorkerDied"
    ) -> None:
        """Tell that a worker is gone. excused: nothing the work did can have been the reason; error: its class."""
        folder = self.run.attempt(attempt)
        last_sign = folder.heartbeat.stat().st_mtime if folder.heartbeat.exists() else time.time()
        steps = [event["step"] for event in read_jsonl(folder.events) if event["kind"] == "metrics"]
        step = max(steps, default=None)
        told = {"step": step, "cause": cause, "at": last_sign, "excused": excused, "error": error}
        self.tell("interrupted", stage=stage, attempt=attempt, **told)

    def cut(self, attempt: int, step: int, key: str, old: Any, new: Any, excused: bool = False) -> None:
        """Tell how the steps are cut after `attempt`, which came to `step`. excused: it counts as none in vain."""
        told = {"key": key, "old": old, "new": new, "text": f"from step {step} on {key} is {new} instead of {old}"}
        self.tell("pieces", attempt=attempt, step=step, **told, excused=excused)

    def _deaths(self) -> list[Event]:
        return [event for event in read_jsonl(self.run.events) if event["kind"] == "interrupted"]

    def _tail(self, attempt: int) -> EventTail:
        if attempt not in self.tails:
            tail = self.tails[attempt] = EventTail(self.run.attempt(attempt).events)
            told = (event for event in read_jsonl(self.run.events) if event.get("attempt") == attempt)
            copied = sum(event["kind"] not in OF_THE_FLOW for event in told)
            for _, _event in zip(range(copied), tail.new(), strict=False):
                pass
        return self.tails[attempt]


def _told_its_end(result: Any) -> bool:
    return result.exists() and not read_json(result).get("interrupted")


def interruptions(run: RunFolder) -> list[dict[str, Any]]:
    """Every worker death: {stage, attempt, step, cause, lost_steps, resumed_after_s}.

    Steps are lost from where the next attempt at the same stage began; both are None while there is none.
    """
    events = read_jsonl(run.events)
    return [_interruption(run, event, events) for event in events if event["kind"] == "interrupted"]


def _interruption(run: RunFolder, death: Event, events: list[Event]) -> dict[str, Any]:
    later = _attempts_after(run, death["attempt"], death["stage"])
    signs = (event for event in events if event.get("attempt") in later and event["kind"] in ("metrics", "progress"))
    alive = next((event["time"] for event in signs), None)
    went_on_from = next(iter(later.values()), None)
    known = death["step"] is not None and went_on_from is not None
    return {
        **{name: death[name] for name in ("stage", "attempt", "step", "cause")},
        "lost_steps": max(death["step"] - went_on_from, 0) if known else None,
        "resumed_after_s": round(alive - death["at"], 1) if alive else None,
    }


def changes(run: RunFolder) -> list[dict[str, Any]]:
    """Every time that another value cut the steps of the training, or another engine or number of processes took them:
    {step, key, old, new}; step: where it went on.
    """
    told = [event for event in read_jsonl(run.events) if event["kind"] in ("pieces", "warning") and "key" in event]
    steps = [event["step"] if event["kind"] == "warning" else _went_on(run, event) for event in told]
    found = [
        {name: event[name] for name in ("key", "old", "new")} | {"step": step}
        for event, step in zip(told, steps, strict=True)
    ]
    return [each for number, each in enumerate(found) if each not in found[:number]]  # killed, it is told once more


def _went_on(run: RunFolder, event: Event) -> int:
    return next(iter(_attempts_after(run, event["attempt"], "train").values()), event["step"])


def _attempts_after(run: RunFolder, attempt: int, stage: str) -> dict[int, int]:
    """The later attempts at `stage`, and how far the work had come when each began."""
    numbers = (n for n in run.attempt_numbers() if n > attempt and run.attempt(n).job.exists())
    jobs = {number: read_json(run.attempt(number).job) for number in numbers}
    return {number: job["progress"] for number, job in jobs.items() if job["kind"] == stage}


def paused(events: list[Event]) -> Event | None:
    """The pause that a worker makes right now, as somebody uses its machine."""
    kinds = ("paused", "continued", "interrupted", "started", "ended")
    last = next((event for event in reversed(events) if event["kind"] in kinds), None)
    return last if last and last["kind"] == "paused" else None


def paused_s(run: RunFolder) -> float:
    """Seconds that workers stood still, as somebody used their machine."""
    return sum(event["seconds"] for event in read_jsonl(run.events) if event["kind"] == "continued")


def metric_rows(run: RunFolder) -> list[dict[str, Any]]:
    """One row a step, in order; where attempts overlap, the later attempt's values stand."""
    rows: dict[int, dict[str, Any]] = {}
    for event in read_jsonl(run.events):
        if event["kind"] == "metrics":
            row = rows.get(event["step"], {})
            kept = row if row.get("attempt") == event["attempt"] else {}
            rows[event["step"]] = {**kept, **{name: event[name] for name in METRIC_COLUMNS if name in event}}
    return [rows[step] for step in sorted(rows)]


def write_metrics(run: RunFolder) -> list[dict[str, Any]]:
    """Write `metrics.csv` and return its rows; numbers in full precision."""
    rows = metric_rows(run)
    with atomic_path(run.metrics) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, METRIC_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return rows
