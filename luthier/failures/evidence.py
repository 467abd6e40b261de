"""What is known of a failure: the error, the attempt's log, how its process ended, what the run tells."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from luthier.errors import LuthierError, NoProgress
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.secrets import redact
from luthier.spec import RunSpec
from luthier.spec_file import load_spec
from luthier.stages import JOBS
from luthier.storage import read_json, read_jsonl

LOG_BYTES = 64_000
"""As much of the end of a log is looked at; a traceback with its causes is shorter."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """type: the error's class; of a run that was given up, that of its last death. stage: empty outside of a stage.

    attempt: the last one of the stage; resumed: it went on from a checkpoint and took no step. log: the end of what
    its process wrote.
    """

    run: RunFolder
    type: str
    text: str
    where: str = ""
    stage: str = ""
    attempt: int | None = None
    resumed: bool = False
    log: str = ""

    def says(self, pattern: str) -> bool:
        """Whether the error's words hold it."""
        return re.search(pattern, self.text, re.IGNORECASE) is not None

    def shows(self, pattern: str) -> bool:
        """Whether the error's words or the log hold it."""
        return self.says(pattern) or re.search(pattern, self.log, re.IGNORECASE) is not None

    @property
    def spec(self) -> RunSpec | None:
        """As it was resolved; as it was asked for where the run did not get so far."""
        found = next((path for path in (self.run.spec, self.run.asked) if path.exists()), None)
        return load_spec(found) if found else None


def evidence_of(run: RunFolder, error: BaseException | None) -> Evidence:
    """What the run's folder tells of `error`; None: its process is gone and said nothing."""
    events = _since_start(read_jsonl(run.events))
    stage = _stage(events)
    attempt = _attempt(run, stage)
    death = _death(events, stage) if isinstance(error, NoProgress) else {}
    return Evidence(
        run,
        death.get("error") or (type(error).__name__ if error else ""),
        " ".join(filter(None, (str(error or ""), death.get("cause")))),
        error.where if isinstance(error, LuthierError) else "",
        stage,
        attempt.number if attempt else None,
        attempt is not None and _resumed(attempt),
        redact(_end_of(attempt)) if attempt else "",
    )


def _since_start(events: list[Event]) -> list[Event]:
    starts = [number for number, event in enumerate(events) if event["kind"] == "started"]
    return events[starts[-1] :] if starts else events


def _stage(events: Iterable[Event]) -> str:
    """The stage that was begun and not finished."""
    told = [event for event in events if event["kind"] == "stage"]
    return told[-1]["stage"] if told and told[-1]["state"] == "started" else ""


def _attempt(run: RunFolder, stage: str) -> AttemptFolder | None:
    kind = JOBS.get(stage)
    for number in reversed(run.attempt_numbers() if kind else []):
        attempt = run.attempt(number)
        if attempt.job.exists() and read_json(attempt.job)["kind"] == kind:
            return attempt
    return None


def _death(events: Iterable[Event], stage: str) -> Event:
    of_stage = [e for e in events if e["kind"] == "interrupted" and e["stage"] == JOBS.get(stage)]
    return of_stage[-1] if of_stage else {}


def _resumed(attempt: AttemptFolder) -> bool:
    steps = any(event["kind"] == "metrics" for event in read_jsonl(attempt.events))
    return bool(read_json(attempt.job)["resume_from"]) and not steps


def _end_of(attempt: AttemptFolder) -> str:
    if not attempt.log.exists():
        return ""
    with attempt.log.open("rb") as file:
        file.seek(max(0, attempt.log.stat().st_size - LOG_BYTES))
        return file.read().decode(errors="replace")
