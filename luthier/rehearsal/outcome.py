"""What each interruption cost, from what the dead left on their disks and from what later attempts told."""

from typing import Any

from luthier.events import Event
from luthier.rehearsal.striker import Hit
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.storage import read_json, read_jsonl

SIGNS = ("progress", "metrics")


def outcomes(hits: list[Hit], run: RunFolder) -> list[dict[str, Any]]:
    """One dict a hit: {attempt, phase, how, pod, step, lost_steps, resumed_after_s}.

    step: how far the training had really come, told or not. lost_steps: of those, how many were done again; both are
    None where it did not train. resumed_after_s: from the strike to the first progress of a later attempt; None where
    the next strike came before that.
    """
    events = read_jsonl(run.events)
    strikes = [*(hit.at for hit in hits), float("inf")]
    return [_outcome(hit, strikes[number + 1], run, events) for number, hit in enumerate(hits)]


def _outcome(hit: Hit, next_strike: float, run: RunFolder, events: list[Event]) -> dict[str, Any]:
    step = _step_at_death(hit, run)
    return {
        "attempt": hit.attempt,
        "phase": hit.phase,
        "how": hit.planned.how,
        "pod": hit.pod.name,
        "step": step,
        "lost_steps": None if step is None else max(step - _went_on_from(hit, step, run, events), 0),
        "resumed_after_s": _resumed_after_s(hit, next_strike, events),
    }


def _step_at_death(hit: Hit, run: RunFolder) -> int | None:
    """The last step on the dead pod's disk, where its attempt was a training."""
    if hit.attempt is None or not hit.pod.graves:
        return None
    job = run.attempt(hit.attempt).job
    if read_json(job)["kind"] != "train":
        return None
    disk = hit.pod.graves[-1] / ".luthier" / "runs" / run.run_id
    told = read_jsonl(AttemptFolder(disk / "attempts" / str(hit.attempt)).events)
    return max((event["step"] for event in told if event["kind"] in ("metrics", "resumed")), default=None)


def _went_on_from(hit: Hit, step: int, run: RunFolder, events: list[Event]) -> int:
    """Where the next training that got going began; `step` where none was needed any more."""
    for event in events:
        if (event.get("attempt") or 0) > (hit.attempt or 0):
            if event["kind"] == "resumed":
                return event["step"]
            if event["kind"] == "metrics":
                return event["step"] - 1
    return step


def _resumed_after_s(hit: Hit, next_strike: float, events: list[Event]) -> float | None:
    later = (event for event in events if event["kind"] in SIGNS and event["attempt"] > (hit.attempt or 0))
    first = min((event["time"] for event in later if event["time"] > hit.at), default=None)
    return round(first - hit.at, 1) if first is not None and first < next_strike else None
