"""Speeds that runs told: of the run at hand, and of earlier ones on the same machine."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from luthier.estimate.machine import Machine, Speed, Speeds
from luthier.estimate.work import Work
from luthier.events import Event
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl

OF_THIS_RUN, OF_OTHERS = 0.15, 0.3
"""How far the rest may be off what was measured: other rows have other lengths, other hours other neighbours."""

FEW_STEPS = 5
"""Steps that must have been timed; the first ones are slower."""

SAME_SIZE = 0.05


def correct(machine: Machine, work: Work, run: RunFolder) -> Machine:
    """The machine with the speeds that this run itself has shown so far; estimate again with it."""
    own = speeds(run, work.tokens / max(work.steps, 1), work.look_tokens, OF_THIS_RUN, "as in this run so far")
    return with_speeds(machine, own)


def from_past(machine: Machine, work: Work, runs: Path, leave_out: str) -> Machine:
    """The machine with the medians of what earlier runs of this home told that were like this one."""
    others = (RunFolder(folder) for folder in sorted(runs.glob("*")) if folder.name != leave_out)
    found = [past for other in others if (past := _past(other, machine, work))]
    return with_speeds(
        machine, Speeds(*(_median(values) for values in zip(*found, strict=True))) if found else Speeds()
    )


def speeds(run: RunFolder, step_tokens: float, look_tokens: float, spread: float, basis: str) -> Speeds:
    """What the files of a run tell of its speed. step_tokens, look_tokens: of a step, and of a look."""
    events = read_jsonl(run.events)
    steps, looks = gaps(events)
    training = step_tokens / fmean(steps) if len(steps) >= FEW_STEPS else None
    reading = look_tokens / fmean(looks) if looks else None
    found = (training, reading, _answering(run, "base"), _answering(run, "tuned"))
    return Speeds(*(Speed(value, spread, basis) if value else None for value in found))


def gaps(events: Iterable[Event]) -> tuple[list[float], list[float]]:
    """Seconds from one step to the next, and from a step to the validation loss that follows it, without pauses."""
    told = [event for event in events if event["kind"] in ("metrics", "continued")]
    steps, looks = [], []
    for one, other in pairwise(told):
        seconds = other["time"] - one["time"]
        if one["attempt"] != other["attempt"] or "train_loss" not in one or seconds <= 0:
            continue
        if "validation_loss" in other:
            looks.append(seconds)
        elif other.get("step") == one["step"] + 1:
            steps.append(seconds)
    return steps, looks


def _answering(run: RunFolder, arm: str) -> float | None:
    """Answers × the most tokens of one, per second of the arm's answering."""
    before = run.baseline / "metrics.json"
    metrics = before if arm == "base" else run.evaluation / "metrics.json"
    if not (before.exists() and metrics.exists()):
        return None
    most, measured = read_json(before).get("decoding", {}).get("max_new_tokens"), read_json(metrics)
    seconds = measured[arm].get("seconds")
    return measured["n"] * most / seconds if seconds and most else None


def _past(folder: RunFolder, machine: Machine, work: Work) -> Speeds | None:
    """The speeds of a run, if it trained a model of this size by this method on such a machine only."""
    if not folder.estimate.exists():
        return None
    told = read_json(folder.estimate)
    then, size = told["work"], told["work"]["base"]
    weights = size["layers_weights"] + size["head"]
    rented = {read_json(record)["gpu"] for record in folder.pods.glob("[0-9]*.json")}  # also those of older versions
    same_machine = told["machine"] == machine.name and rented <= {machine.name} and bool(rented) == machine.rented
    same_way = (then["method"], then.get("paired", False)) == (work.method, work.paired)
    same_work = same_way and abs(weights / work.base.weights - 1) <= SAME_SIZE
    if not (same_machine and same_work):
        return None
    step = then["tokens"] / max(then["steps"], 1)
    return speeds(folder, step, then["look_tokens"], OF_OTHERS, "as in earlier runs here")


def _median(found: tuple[Speed | None, ...]) -> Speed | None:
    known = [speed for speed in found if speed]
    return Speed(median(speed.value for speed in known), known[0].spread, known[0].basis) if known else None


def with_speeds(machine: Machine, newer: Speeds) -> Machine:
    """Newer speeds in place of older ones, part by part."""
    merged = (new or old for new, old in zip(newer, machine.measured, strict=True))
    return replace(machine, measured=Speeds(*merged))
