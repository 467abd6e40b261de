"""The ten largest parts of a run's time, from what its events tell; `python -m benchmarks.chain` writes them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from benchmarks.chain import stage_seconds, total_seconds, worker_seconds
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl

SHOWN = 10
ENDS = {"checkpoint": "writing checkpoints", "sample": "answering samples", "stage": "end of the stage"}
"""What was going on until an event of this kind came."""


def worker_parts(run: RunFolder) -> Iterator[tuple[str, float]]:
    """(what a worker did, seconds) for each pair of events that follow one another."""
    for number in run.attempt_numbers():
        attempt = run.attempt(number)
        kind, then = read_json(attempt.job)["kind"], attempt.job.stat().st_mtime
        phase = "start of the process, imports"
        for event in read_jsonl(attempt.events):
            yield f"{kind}: {_until(event, phase)}", event["time"] - then
            phase, then = event["name"] if event["kind"] == "phase" else phase, event["time"]
        yield f"{kind}: {phase}", attempt.result.stat().st_mtime - then


def _until(event: dict[str, Any], phase: str) -> str:
    if event["kind"] == "metrics":
        return "looks at the validation loss" if "validation_loss" in event else "steps"
    return ENDS.get(event["kind"], phase)


def table(run: RunFolder) -> str:
    seconds: defaultdict[str, float] = defaultdict(float)
    for part, spent in worker_parts(run):
        seconds[part] += spent
    stages = stage_seconds(run)
    seconds["validate-data"] = stages["validate-data"]
    seconds["report"] = stages["report"]
    total = total_seconds(run)
    seconds["between the stages and their workers"] = (
        total - stages["validate-data"] - stages["report"] - sum(worker_seconds(run).values())
    )
    largest = sorted(seconds.items(), key=lambda item: -item[1])[:SHOWN]
    rows = [f"| {part} | {spent:.1f} | {100 * spent / total:.0f} % |" for part, spent in largest]
    return "\n".join(["| part | wall s | of the run |", "|---|---|---|", *rows, f"| whole run | {total:.1f} | |"])
