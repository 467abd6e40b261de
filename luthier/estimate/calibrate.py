"""A few steps of the training itself on this machine, to know its speed instead of assuming it."""

import tempfile
import time
from pathlib import Path
from statistics import fmean

from luthier.background.memory import most_gb
from luthier.compute.job import new_job
from luthier.compute.supervise import supervise
from luthier.estimate.machine import Machine, Speed, Speeds
from luthier.estimate.measured import gaps
from luthier.estimate.work import Work, split_tokens
from luthier.events import Event
from luthier.rows import Row, Rows, write_rows
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.spec_file import save_spec
from luthier.storage import read_json, read_jsonl, sha256_json, write_json

STEPS, LOOKED_AT = 12, 64
"""Optimizer steps, and validation rows of the look after them."""

LONG_S, AT_LEAST = 20, 3
"""Where steps are slow, it ends after so many seconds, with so many of them."""

SPREAD = 0.2
"""How far the rest may be off: more than after as many steps of the run itself, as other work may come."""

DECISIVE = {"method", "loss", "engine", "dtype", "rank", "batch_size", "max_length"}


def calibrate(machine: Machine, work: Work, run: RunFolder, spec: RunSpec, settings: Settings) -> Speeds:
    """The speeds of training and of reading that a worker has just reached on some of the run's rows.

    They are kept in the home for the same model, method, machine and length of rows. `spec` is resolved. Takes a
    start of a worker and at most some half a minute. Raises what a training raises.
    """
    settings.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".calibration-", dir=settings.root) as folder:
        found = _measured(_scratch(Path(folder), run, spec), spec, settings.models)
    write_json(_file(machine, work, spec, settings), found)
    return _speeds(found, "as calibrated just now")


def known(machine: Machine, work: Work, spec: RunSpec, settings: Settings) -> Speeds:
    """What an earlier calibration told, if there was one."""
    file = _file(machine, work, spec, settings)
    return _speeds(read_json(file), "as calibrated here before") if file.exists() else Speeds()


def _scratch(folder: Path, run: RunFolder, spec: RunSpec) -> RunFolder:
    """A run of a few steps, each row of which is seen once, and one look at the end."""
    batch = spec.training.batch_size or 1
    scratch = RunFolder(folder)
    for name, most in (("train", STEPS * batch), ("validation", LOOKED_AT)):
        write_rows(scratch.split(name), _spread_out(Rows(run.split(name)), most))
    training = {"epochs": 1.0, "max_steps": STEPS, "checkpoint_every": STEPS, "samples": 0, "patience": None}
    compute = {"background": False, "max_memory_gb": most_gb(spec.compute), "checkpoint_minutes": None}
    update = {
        "training": spec.training.model_copy(update=training),
        "compute": spec.compute.model_copy(update=compute),
    }
    save_spec(spec.model_copy(update=update), scratch.spec)
    return scratch


def _spread_out(rows: Rows, most: int) -> list[Row]:
    """At most so many, from all over the split."""
    count = min(most, len(rows))
    return [rows[index * len(rows) // count] for index in range(count)]


def _measured(scratch: RunFolder, spec: RunSpec, models: Path) -> dict[str, float | None]:
    """Tokens per second of training, and of reading; None where too little was done to tell."""
    job = new_job(scratch, "train", models, progress=0, flow_run="")
    told: list[Event] = []
    for event in supervise(job, spec.compute.threads):
        told += [event] if event["kind"] == "metrics" else []
        if len(told) > AT_LEAST and time.time() - told[0]["time"] > LONG_S:
            break  # which ends the worker
    steps, looks = gaps(read_jsonl(scratch.events))
    taken = -(-len(Rows(scratch.split("train"))) // (spec.training.batch_size or 1))
    step_tokens, look_tokens = split_tokens(scratch.tokens("train")) / taken, split_tokens(scratch.tokens("validation"))
    training = step_tokens / fmean(steps) if steps else None
    return {"training": training, "reading": look_tokens / fmean(looks) if looks else None}


def _speeds(found: dict[str, float | None], basis: str) -> Speeds:
    return Speeds(**{name: Speed(value, SPREAD, basis) for name, value in found.items() if value})


def _file(machine: Machine, work: Work, spec: RunSpec, settings: Settings) -> Path:
    training = spec.training.model_dump(mode="json", include=DECISIVE)
    key = sha256_json([machine.name, spec.model.model_dump(mode="json"), training, round(work.row)])
    return settings.root / "calibrations" / f"{key[:16]}.json"
