"""What a pod is doing at this moment, seen on its disk: the moments in which a rehearsal takes it away."""

from pathlib import Path
from typing import Literal, get_args

from luthier.run_folder import AttemptFolder, RunFolder
from luthier.storage import read_json, read_jsonl

Phase = Literal["provisioning", "setup", "baseline", "training", "saving", "uploading", "evaluating"]
PHASES: tuple[Phase, ...] = get_args(Phase)

ORDER: dict[Phase, int] = {"baseline": 1, "training": 2, "saving": 2, "uploading": 2, "evaluating": 3}
"""Which comes after which; any pod passes through the other two, when it begins."""


AT_WORK: dict[str, Phase] = {"baseline": "baseline", "train": "training", "evaluate": "evaluating"}
"""By kind of job, once its worker shows progress; until then it is being set up."""


def phase_of(disk: Path) -> Phase:
    """What the container with this disk is at."""
    run = _run(disk)
    attempt = _attempt(run) if run else None
    if run is None or attempt is None:
        return "setup"
    kind = read_json(attempt.job)["kind"]
    if kind == "train" and (brief := _brief(run)):
        return brief
    if not work_done(disk):
        return "setup"
    return AT_WORK[kind]


def work_done(disk: Path) -> int:
    """How far the newest attempt has told that it has come: in answers, or in steps."""
    run = _run(disk)
    attempt = _attempt(run) if run else None
    if attempt is None:
        return 0
    return max((event["done"] for event in read_jsonl(attempt.events) if event["kind"] == "progress"), default=0)


def _brief(run: RunFolder) -> Phase | None:
    if any(run.checkpoints.glob(".saving-*")):
        return "saving"
    return "uploading" if any(run.checkpoints.glob(".sending-*")) else None


def _run(disk: Path) -> RunFolder | None:
    folder = next((disk / ".luthier" / "runs").glob("*"), None)
    return RunFolder(folder) if folder else None


def _attempt(run: RunFolder) -> AttemptFolder | None:
    """The newest one, if its worker's job is written."""
    attempt = run.attempt(max(run.attempt_numbers(), default=0))
    return attempt if attempt.job.exists() else None
