"""What the report says of a run besides its numbers: time, money, interruptions, lineage."""

import platform
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from luthier import __version__
from luthier.compute.pods.record import Records, cost_usd
from luthier.estimate.outcome import outcome
from luthier.history import changes, interruptions, paused_s
from luthier.models.base import base_sha256, describe, locate
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.storage import read_json, read_jsonl

PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "trl",
    "mlx",
    "mlx-lm",
    "prefect",
    "mlflow",
    "great-expectations",
    "evaluate",
)


IN_FOUR_BITS = "; trained on and asked with its weights in 4 bits"
"""What a reader must know of the base of qlora: in full precision it may answer better."""


def gather(run: Run) -> dict[str, Any]:
    """The `facts` that reporting.build wants."""
    spec = run.spec
    training, duration = run.completed("train") or {}, durations(run.folder)
    return {
        "run_id": run.folder.run_id,
        "status": "completed",
        "duration": duration,
        "paused_seconds": round(paused_s(run.folder), 1),
        "interruptions": priced(run, interruptions(run.folder)),
        "cost": cost(run),
        "estimate": outcome(run.folder, duration),
        "training": {
            "engine": spec.training.engine,
            "method": spec.training.method,
            "loss": spec.training.loss,
            "preset": spec.training.preset,
            "seed": spec.seed,
            **training,
            "changes": (changed := changes(run.folder)),
            "bit_for_bit_until": min((each["step"] for each in changed if each["step"]), default=None),
        },
        "lineage": lineage(run),
        "adapter_sha256": training["adapter_sha256"],
    }


def cost(run: Run) -> dict[str, Any]:
    """Dollars for rented pods; 0 where everything ran here. `estimated`: None if no price was known."""
    rented = Records(run.folder).all()
    if not rented:
        return {"currency": "USD", "estimated": 0.0, "actual": 0.0}
    told, now = read_json(run.folder.estimate)["usd"], time.time()
    return {
        "currency": "USD",
        "estimated": told and told["likely"],
        "actual": round(cost_usd(rented, now), 4),
        "pods": len(rented),
        "taken_away": sum(pod.evicted for pod in rented),
        "pod_hours": sum((pod.ended_at or now) - pod.created_at for pod in rented if pod.created_at) / 3600,
    }


def priced(run: Run, deaths: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The interruptions with `usd`: the pod's price for the time until the work went on; 0 on this machine."""
    prices = {pod.name: pod.usd_per_hour or 0.0 for pod in Records(run.folder).all()}
    return [death | {"usd": _usd(run, death, prices)} for death in deaths]


def _usd(run: Run, death: dict[str, Any], prices: dict[str, float]) -> float | None:
    if not prices or death["resumed_after_s"] is None:
        return None if prices else 0.0
    pod = read_json(run.folder.attempt(death["attempt"]).job)["pod"]
    return round(prices.get(pod, 0.0) * death["resumed_after_s"] / 3600, 4)


def durations(run: RunFolder) -> dict[str, float]:
    """Seconds of each stage, all its attempts added; the pause between a death and the restart is not counted."""
    seconds: dict[str, float] = {}
    open_since: dict[str, float] = {}
    last = 0.0
    for event in read_jsonl(run.events):
        now = max(last, event["time"])  # what a worker said unwatched is copied late
        if event["kind"] == "stage":
            stage, started = event["stage"], event["state"] == "started"
            if stage in open_since:  # started again: it was killed, and lasted until the last sign of life
                seconds[stage] = seconds.get(stage, 0.0) + (last if started else now) - open_since.pop(stage)
            if started:
                open_since[stage] = now
        last = now
    return {stage: round(value, 2) for stage, value in seconds.items()}


def lineage(run: Run) -> dict[str, Any]:
    spec = run.spec
    base = locate(spec.model, run.settings.models)
    validation = read_json(run.folder.validation)
    return {
        "base_model": spec.model.base,
        "base_description": describe(spec.model) + IN_FOUR_BITS * (spec.training.method == "qlora"),
        "base_sha256": base_sha256(base, run.folder.base),
        "code_version": code_version(),
        "packages": {name: installed for name in PACKAGES if (installed := _version(name))},
        "python": sys.version.split()[0],
        "machine": f"{platform.system()} {platform.machine()}",
        "data_sha256": run.data_sha256,
        "split_sha256": validation["split_sha256"],
    }


def code_version() -> str:
    """The package's version, with the commit where it runs from a checkout."""
    checkout = Path(__file__).parent.parent
    if not (checkout / ".git").exists():
        return __version__
    try:
        git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=checkout, capture_output=True, text=True)
    except OSError:  # no git here
        return __version__
    return f"{__version__}+{git.stdout.strip()}" if git.returncode == 0 else __version__


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
