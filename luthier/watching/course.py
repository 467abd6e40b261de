"""How far a run has come: each stage with the time it was expected to take, and took."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from luthier.events import Event
from luthier.history import OF_THE_FLOW
from luthier.run_folder import RunFolder
from luthier.storage import read_json

ESTIMATED = {"baseline-eval": "baseline", "train": "training", "eval": "evaluation"}
"""Stages that the estimate speaks of, by its names for them; the others take seconds."""

ORDER = ("validate-data", "baseline-eval", "train", "eval", "report")

PHASES = {
    "preprocessing": ("importing", "tokenising"),
    "model loading": ("finding the base model", "loading model"),
    "training": ("training",),
    "finalisation": ("finalising",),
}
"""Parts of training, and the phases that its worker tells of."""


@dataclass(frozen=True)
class Part:
    """Seconds; expected is {low, likely, high}. Both None where nothing is known."""

    name: str
    state: str
    expected: dict[str, float] | None
    actual: float | None


def stages(run: RunFolder, events: list[Event], now: float, working: bool) -> list[Part]:
    expected = _expected(run)
    return [_stage(run, name, expected.get(ESTIMATED.get(name, "")), events, now, working) for name in ORDER]


def phases(run: RunFolder, events: list[Event], now: float, working: bool) -> dict[str, float]:
    """Seconds of each part of training so far, over all its attempts."""
    spent: dict[str, float] = {}
    for name, began, ended in _spans(run, events, now if working else None):
        part = next((part for part, names in PHASES.items() if name in names), None)
        if part:
            spent[part] = spent.get(part, 0.0) + max(ended - began, 0.0)
    return spent


def left_s(parts: list[Part], events: list[Event], now: float) -> float | None:
    """Seconds until the report, by the pace of the stage under way; None while nothing is known of a stage to come."""
    left = 0.0
    for part in parts:
        if part.state in ("waiting", "under way") and part.name in ESTIMATED:
            of_part = _left_of(part, events, now)
            if of_part is None:
                return None
            left += of_part
    return left


def progress(events: list[Event]) -> list[Event]:
    """What the newest attempt tells of how far its present part is."""
    told = [event for event in events if event["kind"] in ("progress", "phase", "stage")]
    newest: list[Event] = []
    for event in reversed(told):
        if event["kind"] != "progress":
            break
        newest.insert(0, event)
    return newest


def _left_of(part: Part, events: list[Event], now: float) -> float | None:
    told = progress(events) if part.state == "under way" else []
    if len(told) > 1 and told[-1]["done"] > told[0]["done"]:
        pace = (told[-1]["time"] - told[0]["time"]) / (told[-1]["done"] - told[0]["done"])
        since = now - told[-1]["time"]
        return max(pace * (told[-1]["total"] - told[-1]["done"]) - since, 0.0)
    if part.expected is None:
        return None
    return max(part.expected["likely"] - (part.actual or 0.0), 0.0)


def _expected(run: RunFolder) -> dict[str, dict[str, float]]:
    if not run.estimate.exists():
        return {}
    kept = read_json(run.estimate)
    planned = kept["options"][kept["planned"][0]]
    return {line["name"]: line["seconds"] for line in planned["lines"]}


def _stage(
    run: RunFolder, name: str, expected: dict[str, float] | None, events: list[Event], now: float, working: bool
) -> Part:
    if run.marker(name).exists():
        return Part(name, "done", expected, read_json(run.marker(name))["seconds"])
    starts = [event["time"] for event in events if event["kind"] == "stage" and event["stage"] == name]
    if not starts:
        return Part(name, "waiting", expected, None)
    if working:
        return Part(name, "under way", expected, now - starts[-1])
    last = max(event["time"] for event in events)
    return Part(name, "stopped", expected, last - starts[-1])


def _spans(run: RunFolder, events: list[Event], now: float | None) -> Iterator[tuple[str, float, float]]:
    """(phase, from, to) of the workers that train."""
    kinds: dict[Any, str] = {}
    for number in run.attempt_numbers():
        job = run.attempt(number).job
        kinds[number] = read_json(job)["kind"] if job.exists() else ""
    of_training = [event for event in events if kinds.get(event.get("attempt")) == "train"]
    told = [event for event in of_training if event["kind"] not in OF_THE_FLOW]
    for index, event in enumerate(told):
        if event["kind"] != "phase":
            continue
        same = [other for other in told[index + 1 :] if other["attempt"] == event["attempt"]]
        following = next((other["time"] for other in same if other["kind"] == "phase"), None)
        last = same[-1]["time"] if same else event["time"]
        newest = event["attempt"] == told[-1]["attempt"] and not run.marker("train").exists()
        yield event["name"], event["time"], following or (now if now and newest else last)
