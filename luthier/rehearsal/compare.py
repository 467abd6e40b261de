"""What must hold between a run that was never interrupted and one that was."""

from typing import Any, NamedTuple

from luthier.bucket import Bucket
from luthier.history import interruptions, metric_rows
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


def little_lost(run: RunFolder, checkpoint_every: int) -> Check:
    """No death cost more steps than lie between two checkpoints."""
    lost = [death["lost_steps"] for death in interruptions(run) if death["lost_steps"] is not None]
    most = max(lost, default=0)
    told = f"{most} at most, {sum(lost)} in all; a checkpoint is due every {checkpoint_every}"
    return Check("steps lost", most <= checkpoint_every, told)


def double_writers(bucket: Bucket, run_id: str) -> int:
    """Attempts whose pod wrote after the next attempt had been ordered."""
    written: dict[int, list[Any]] = {}
    ordered: dict[int, Any] = {}
    prefix = f"runs/{run_id}/attempts"
    for stored in bucket.list(prefix):
        number, name = stored.key.removeprefix(f"{prefix}/").split("/", 1)
        if name == "order.json":
            ordered[int(number)] = stored.modified
        elif name != "stop.json":  # home writes that
            written.setdefault(int(number), []).append(stored.modified)
    late = (max(times) > ordered[number + 1] for number, times in written.items() if number + 1 in ordered)
    return sum(late)


def _equal(name: str, values: list[Any]) -> Check:
    same = values[0] == values[1]
    return Check(name, same, "equal" if same else "they differ")


def _losses(run: RunFolder) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "attempt"} for row in metric_rows(run)]


def _answers(run: RunFolder) -> list[dict[str, Any]]:
    return [answer for folder in (run.baseline, run.evaluation) for answer in read_jsonl(folder / "predictions.jsonl")]
