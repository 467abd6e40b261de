"""What a worker tells while it works: one JSON line an event in `attempts/<n>/events.jsonl`.

Kinds and their fields:
  phase       name                       a new part of the work begins (loading model, training …)
  progress    done, total, unit, text    how far that part is
  metrics     step and any of train_loss, validation_loss, learning_rate, grad_norm, perplexity
  sample      step, prompt, output, reference
  checkpoint  step, path, validation_loss
  resumed     step, path                 training goes on from this checkpoint
  passed_over path, reason               a torn checkpoint that was not used
  early_stop  step, best_step            the validation loss stopped falling
  warning     text                       where another engine or number of processes goes on also step, key, old, new
  paused      reason                     the work stands still, as a person needs the machine
  continued   reason, seconds            it goes on, after so long
The run's own `events.jsonl` repeats them with their `attempt`, and adds the flow's:
  started     by, how, flow_run          somebody starts the run, or goes on with it
  ended       state, why                 it stands still: completed, waiting, failed or cancelled
  stage       stage, state (started, finished), seconds
  interrupted stage, attempt, step, cause, at, excused, error   a worker is gone; excused: not by anything it did;
                                         error: the class of errors that it belongs to
  pieces      attempt, step, key, old, new, text, excused       the next attempt goes on from that step, and cuts its
                                         steps another way
  pod         text                       what happens to the rented pod; of renting also pod, purchase, usd_per_hour
                                         and state: asked, refused, rented, adopted, ended
Only shown while it happens, not kept:
  cost        usd, usd_per_hour          what the run's pods have cost so far, and cost now
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from luthier.storage import append_jsonl

Event = dict[str, Any]


class EventLog:
    """Appends events to one file."""

    def __init__(self, path: Path):
        self.path = path

    def write(self, kind: str, **fields: Any) -> None:
        self.append({"time": time.time(), "kind": kind, **fields})

    def append(self, event: Event) -> None:
        append_jsonl(self.path, event)


class EventTail:
    """Reads the events that were added since the last look."""

    def __init__(self, path: Path):
        self.lines = LineTail(path)

    def new(self) -> Iterator[Event]:
        return map(orjson.loads, self.lines.new())


class LineTail:
    """Reads the whole lines that were added since the last look."""

    def __init__(self, path: Path):
        self.path = path
        self.offset = 0

    def new(self) -> Iterator[bytes]:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for line in file:
                if not line.endswith(b"\n"):  # still being written
                    return
                self.offset += len(line)
                yield line
