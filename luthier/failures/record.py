"""What is kept of a run's failure: `failure.json` in its folder, until it is finished; `failures.jsonl` for good."""

import time
from typing import Any

from luthier.errors import LuthierError
from luthier.failures.cause import Cause, Change
from luthier.failures.causes import recognise
from luthier.failures.causes.unknown import UNKNOWN
from luthier.failures.evidence import Evidence, evidence_of
from luthier.run_folder import RunFolder
from luthier.secrets import redact
from luthier.spec import RunSpec
from luthier.storage import append_jsonl, read_json, write_json

LAST_LINES = 15

Record = dict[str, Any]


def keep(run: RunFolder, error: BaseException) -> Record:
    """Recognise why the run failed and write it down.

    {cause, title, explanation, advice, guide, change, retry, stage, attempt, log, exit_code, what, why, fix, where,
    message, at}: the first six are the catalogue's; change: [{key, old, new, reason}], what `luthier retry` proposes;
    log: the last lines of the attempt where they may say more; what … message: the error's; at: seconds since 1970.
    """
    told = error if isinstance(error, LuthierError) else LuthierError(f"unexpected {type(error).__name__}: {error}")
    texts = {"what": told.what, "why": told.why, "fix": told.fix, "where": told.where, "message": str(told)}
    record = _diagnosis(run, error)
    record |= {"exit_code": told.exit_code, **{name: redact(text) for name, text in texts.items()}, "at": time.time()}
    write_json(run.failure, record)
    short = {name: record[name] for name in ("cause", "stage", "attempt", "message", "at")}
    append_jsonl(run.failures, {"kind": "failed", **short})
    return record


def kept(run: RunFolder) -> Record | None:
    return read_json(run.failure) if run.failure.exists() else None


def without_error(run: RunFolder, cause: Cause) -> Record:
    """The record of a run that could not write one itself."""
    texts = {"message": cause.title, "what": cause.title, "why": cause.why, "fix": cause.fix, "where": ""}
    return _told(cause, evidence_of(run, None), []) | texts


def blocked(run: RunFolder, error: LuthierError) -> Record:
    """What keeps the run from being opened at all; nothing is written down."""
    seen = Evidence(run, type(error).__name__, str(error), error.where, "validate-data")
    return _told(recognise(seen), seen, []) | {"message": redact(str(error))}


def _diagnosis(run: RunFolder, error: BaseException) -> Record:
    """The catalogue's part of a record. Whatever cannot be read of the run: its failure is told all the same."""
    seen, cause, changes = Evidence(run, "unreadable", ""), UNKNOWN, []
    try:
        seen = evidence_of(run, error)
        cause = recognise(seen)
        changes = cause.change(seen)
    except (LuthierError, OSError, ValueError, LookupError, TypeError):
        changes = []
    return _told(cause, seen, changes)


def _told(cause: Cause, seen: Evidence, changes: list[Change]) -> Record:
    wants_log = cause is UNKNOWN or cause.name.startswith("worker_")
    return {
        "cause": cause.name,
        "title": cause.title,
        "explanation": cause.why,
        "advice": cause.fix,
        "guide": cause.guide,
        "change": [_as_told(change, seen.spec) for change in changes],
        "retry": f"luthier retry {seen.run.run_id}",
        "stage": seen.stage,
        "attempt": seen.attempt,
        "log": seen.log.splitlines()[-LAST_LINES:] if wants_log else [],
    }


def _as_told(change: Change, spec: RunSpec | None) -> dict[str, Any]:
    old: Any = spec.model_dump(mode="json") if spec else {}
    for part in change.key.split("."):
        old = (old or {}).get(part)
    return {"key": change.key, "old": old, "new": change.value, "reason": change.reason}
