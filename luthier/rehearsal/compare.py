"""What must hold between a run that was never interrupted and one that was."""

from datetime import datetime
from typing import Any, NamedTuple

from luthier.bucket import Bucket
from luthier.history import metric_rows
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl


class Check(NamedTuple):
    name: str
    held: bool
    told: str


def same_results(straight: RunFolder, interrupted: RunFolder) -> list[Check]:
    """Samples, losses, adapter and answers, bit for bit."""
    one, other = (read_json(run.report / "report.json") for run in (straight, interrupted))
    orders = [report["training"]["samples_order_sha256"] for report in (one, other)]
    adapters = [report["adapter_sha256"] for report in (one, other)]
    losses = [_losses(run) for run in (straight, interrupted)]
    answers = [_answers(run) for run in (straight, interrupted)]
    return [
        _equal("the same samples in the same order", orders),
        _equal(f"the same losses at each of {len(losses[0])} steps", losses),
        _equal("the same adapter, bit for bit", adapters),
        _equal(f"the same {len(answers[0])} answers before and after", answers),
    ]


def little_lost(interruptions: list[dict[str, Any]], checkpoint_every: int) -> Check:
    """No death cost more steps than lie between two checkpoints, and as many while the newest one was on its way."""
    lost = [death["lost_steps"] for death in interruptions if death["lost_steps"] is not None]
    most = max(lost, default=0)
    told = f"{most} at most, {sum(lost)} in all; a checkpoint is due every {checkpoint_every}"
    return Check("steps lost", most <= 2 * checkpoint_every, told)


def double_writers(bucket: Bucket, run_id: str) -> int:
    """Attempts that wrote anything after the next attempt had been ordered."""
    written: dict[int, list[datetime]] = {}
    ordered: dict[int, datetime] = {}
    for stored in bucket.list(f"runs/{run_id}/"):
        attempt, name = _attempt_and_name(stored.key.removeprefix(f"runs/{run_id}/"))
        if name == "order.json":
            ordered[attempt] = stored.modified
        elif attempt and name != "stop.json":  # home writes that
            written.setdefault(attempt, []).append(stored.modified)
    late = (max(times) > ordered[number + 1] for number, times in written.items() if number + 1 in ordered)
    return sum(late)


def _attempt_and_name(key: str) -> tuple[int, str]:
    """Whose the object is: `attempts/<n>/…` or `checkpoints/step-…-a<n>/…`; 0 where it belongs to no attempt."""
    folder, _, rest = key.partition("/")
    owner, _, name = rest.partition("/")
    if folder == "attempts":
        return int(owner), name
    return (int(owner.rpartition("-a")[2]), name) if folder == "checkpoints" else (0, key)


def _equal(name: str, values: list[Any]) -> Check:
    same = values[0] == values[1]
    return Check(name, same, "equal" if same else "they differ")


def _losses(run: RunFolder) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "attempt"} for row in metric_rows(run)]


def _answers(run: RunFolder) -> list[dict[str, Any]]:
    return [answer for folder in (run.baseline, run.evaluation) for answer in read_jsonl(folder / "predictions.jsonl")]
