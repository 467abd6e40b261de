"""How long a training worker takes from the start of its process to its first step, loading the model included.

python -m benchmarks.startup [REPEATS]

The packaged model (unpacked before) and the demo's rows, one thread. The first start tokenises and measures how to cut
the steps; the others, of which the median is told, find both in the run's folder, as every attempt of a run does.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks.guide import write_table
from luthier.compute.job import new_job
from luthier.compute.local import start
from luthier.demo import write_demo
from luthier.models.base import context_length, locate
from luthier.rows import Row, write_rows
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.spec_file import save_spec
from luthier.storage import read_jsonl
from luthier.training.presets import resolve

VALIDATION_ROWS = 40
POLL_S = 0.01


class Start(NamedTuple):
    """Seconds from the start of the process to the event of the phase "training"."""

    wall_s: float
    cpu_s: float


def make_run(home: Path) -> RunFolder:
    """A run of the demo's rows that is ready to train."""
    write_demo(home)
    rows = [_row(number, pair) for number, pair in enumerate(read_jsonl(home / "chatterbot.jsonl"))]
    run = RunFolder(home / "runs" / "startup")
    write_rows(run.split("validation"), rows[:VALIDATION_ROWS])
    write_rows(run.split("train"), rows[VALIDATION_ROWS:])
    spec = RunSpec.model_validate({"name": "startup", "data": {"path": "unused"}, "compute": {"threads": 1}})
    save_spec(resolve(spec, context_length(locate(spec.model, home / "models"))), run.spec)
    return run


def measure(run: RunFolder, models: Path) -> Start:
    """Start a worker, and end it when it begins to train."""
    job = new_job(run, "train", models, resume_from=None, progress=0, flow_run="")
    began = time.monotonic()
    process = start(job, threads=1)
    try:
        while not _trains(job.folder.events):
            if process.poll() is not None:
                raise SystemExit(f"the worker ended early, see {job.folder.log}")
            time.sleep(POLL_S)
        used = psutil.Process(process.pid).cpu_times()
        return Start(time.monotonic() - began, used.user + used.system)
    finally:
        process.kill()
        process.wait()


def table(starts: list[Start]) -> str:
    later = Start(*(statistics.median(values) for values in zip(*starts[1:], strict=True)))
    lines = [f"| {name} | {cpu:.1f} | {wall:.1f} |" for name, (wall, cpu) in (("first", starts[0]), ("later", later))]
    return "\n".join(["| start of a training worker | CPU s | wall s |", "|---|---|---|", *lines])


def _row(number: int, pair: dict[str, str]) -> Row:
    turns = (("user", pair["prompt"]), ("assistant", pair["completion"]))
    messages = [{"role": role, "content": text} for role, text in turns]
    return {"id": str(number), "group": str(number), "messages": messages}  # type: ignore[typeddict-item]


def _trains(events: Path) -> bool:
    return any(event["kind"] == "phase" and event["name"] == "training" for event in read_jsonl(events))


if __name__ == "__main__":
    home = Path(tempfile.mkdtemp(prefix="luthier-bench-"))
    try:
        run = make_run(home)
        found = table([measure(run, home / "models") for _ in range(1 + int((sys.argv[1:] or ["5"])[0]))])
    finally:
        shutil.rmtree(home)
    write_table("startup", found)
    print(found)
