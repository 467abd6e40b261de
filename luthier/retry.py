"""What starting a failed run again would change of its spec, and whether the same run goes on with that."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any

from luthier import status
from luthier.errors import AlreadyRunning, NotFound
from luthier.failures import record
from luthier.failures.causes.unknown import CANCELLED, GONE
from luthier.failures.record import Record
from luthier.history import RunHistory
from luthier.run import Run, open_run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.spec_file import load_spec, save_spec
from luthier.stages import run_id
from luthier.storage import append_jsonl, read_jsonl
from luthier.training.checkpoints import ROUNDING

IN_PLACE = {f"training.{key}" for key in ROUNDING - {"packing"}}
"""Chosen for the machine: another value makes no other run, and its checkpoints still fit. Whether a model may be given
packed examples is tried where nothing was settled yet, and so in a new run."""


@dataclass(frozen=True)
class Difference:
    key: str
    old: Any
    new: Any
    reason: str


@dataclass(frozen=True)
class Retry:
    """target: the run that starts; settled: what to write into its spec.yaml before, None where there is none yet."""

    run: RunFolder
    failure: Record
    differences: list[Difference]
    target: Run
    settled: RunSpec | None

    @property
    def goes_on(self) -> bool:
        """Whether it is the same run, with all that was finished."""
        return self.target.folder.run_id == self.run.run_id


def failure_of(run: RunFolder) -> Record | None:
    """Why it stands still; None where nothing failed. Raises AlreadyRunning where somebody works on it."""
    if run.is_held():
        raise AlreadyRunning(f"run {run.run_id} is being worked on", "", "Wait for it, or stop it first.")
    told = status.standing(run)
    if told is None or told["state"] in ("completed", "waiting"):
        return None
    if told["state"] == "failed":
        return record.kept(run)
    return record.without_error(run, GONE if told["state"] == "crashed" else CANCELLED)


def plan(run: RunFolder, failure: Record, overrides: list[str], settings: Settings) -> Retry:
    """overrides: `key=value` of a person, on top of what is proposed.

    Raises NotFound where the spec is not known or a newer run of it exists; SpecError, Problems, DataError.
    """
    if not run.asked.exists():
        fix = "Start it once more with its spec: luthier run SPEC."
        raise NotFound(f"the spec of {run.run_id} is not in its folder", "An older version began it.", fix)
    proposed = [f"{each['key']}={json.dumps(each['new'])}" for each in failure["change"]]
    reasons = {each["key"]: each["reason"] for each in failure["change"]} | {_key(text): "--set" for text in overrides}
    wanted = proposed + overrides
    known = run.spec if run.spec.exists() else run.asked
    after = load_spec(known, wanted)
    differences = _differences(load_spec(known), after, reasons)
    decisive = [text for text in wanted if known == run.asked or _key(text) not in IN_PLACE]
    target = open_run(load_spec(run.asked, decisive), settings)
    if target.folder.run_id == run.run_id:
        return Retry(run, failure, differences, target, after if known == run.spec else None)
    _refuse_newer(run, target)
    return Retry(run, failure, differences, open_run(load_spec(run.asked, wanted), settings), None)


def begin(retry: Retry, by: str) -> None:
    """Write the settled values, and that it was tried again. Raises AlreadyRunning."""
    if retry.settled:
        with retry.run.locked():
            _tell_pieces(retry)
            save_spec(retry.settled, retry.run.spec)
    change = {each.key: each.new for each in retry.differences}
    told = {"cause": retry.failure["cause"], "change": change, "new_run_id": retry.target.folder.run_id, "by": by}
    append_jsonl(retry.run.failures, {"kind": "retried", **told, "at": time.time()})


def _tell_pieces(retry: Retry) -> None:
    """The steps are cut another way from the newest checkpoint on; the next attempt tells which that was."""
    attempt = max(retry.run.attempt_numbers(), default=0)
    reached = [event["step"] for event in read_jsonl(retry.run.events) if event["kind"] in ("checkpoint", "resumed")]
    for each in retry.differences:
        if each.key in IN_PLACE:
            RunHistory(retry.run).cut(attempt, max(reached, default=0), each.key, each.old, each.new)


def _refuse_newer(run: RunFolder, target: Run) -> None:
    """Raises NotFound where `target` is the same spec's newest run, and `run` an older one."""
    base = run_id(target.asked, target.data_sha256)
    number = run.run_id.removeprefix(base)
    if number == "" or re.fullmatch(r"-\d+", number):
        newest = target.folder.run_id
        raise NotFound(f"{run.run_id} is not the newest run of its spec", f"{newest} is.", f"luthier retry {newest}")


def _key(override: str) -> str:
    return override.partition("=")[0].strip()


def _differences(old: RunSpec, new: RunSpec, reasons: dict[str, str]) -> list[Difference]:
    before, after = _flat(old.model_dump(mode="json")), _flat(new.model_dump(mode="json"))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return [Difference(key, before.get(key), after.get(key), _reason(key, reasons)) for key in keys]


def _reason(key: str, reasons: dict[str, str]) -> str:
    """Of the key, or of the section that somebody set."""
    return next((reason for asked, reason in reasons.items() if key == asked or key.startswith(f"{asked}.")), "")


def _flat(content: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by their whole key; lists are values."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
