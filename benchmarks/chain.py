"""What the chain costs over its own worker processes, start-up (Prefect's server, unpacking the base model) apart.

python -m benchmarks.chain          runs the demo in a new home and writes the table
python -m benchmarks.chain FOLDER   takes a run that is there, one that nothing interrupted
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.guide import write_table
from luthier.models.base import locate
from luthier.run_folder import RunFolder
from luthier.spec import ModelSpec
from luthier.storage import read_json, read_jsonl

WORKERS = {"baseline": "baseline-eval", "train": "train", "evaluate": "eval"}


def run_demo() -> RunFolder:
    home = Path(tempfile.mkdtemp(prefix="luthier-bench-"))
    locate(ModelSpec(), home / "models")  # unpacking the base is done once a home, not once a run
    subprocess.run(
        [Path(sys.executable).parent / "luthier", "demo"], env={**os.environ, "LUTHIER_HOME": str(home)}, check=False
    )
    (folder,) = (home / "runs").iterdir()
    return RunFolder(folder)


def worker_seconds(run: RunFolder) -> dict[str, float]:
    """Wall seconds of each worker process, from its job's writing to its result's."""
    seconds = {}
    for number in run.attempt_numbers():
        attempt = run.attempt(number)
        stage = WORKERS[read_json(attempt.job)["kind"]]
        seconds[stage] = attempt.result.stat().st_mtime - attempt.job.stat().st_mtime
    return seconds


def stage_seconds(run: RunFolder) -> dict[str, float]:
    return {
        e["stage"]: e["seconds"] for e in read_jsonl(run.events) if e["kind"] == "stage" and e["state"] == "finished"
    }


def total_seconds(run: RunFolder) -> float:
    """From the flow's begin until MLflow has everything: what a person waits, the server's start apart."""
    return run.tracking.stat().st_mtime - (run.root / "prefect.json").stat().st_mtime


def table(run: RunFolder) -> str:
    workers, stages, total = worker_seconds(run), stage_seconds(run), total_seconds(run)
    rows = [f"| {name} | {seconds:.1f} | {workers.get(name, 0):.1f} |" for name, seconds in stages.items()]
    inside = sum(workers.values())
    cost = (total - inside) / inside
    return "\n".join(
        [
            "| stage | wall s | of it in its worker s |",
            "|---|---|---|",
            *rows,
            f"| **whole run** | **{total:.1f}** | **{inside:.1f}** |",
            "",
            f"The chain costs {100 * cost:.1f} % over its worker processes ({total - inside:.1f} s on {inside:.1f} s).",
        ]
    )


if __name__ == "__main__":
    run = RunFolder(Path(sys.argv[1])) if len(sys.argv) > 1 else run_demo()
    from benchmarks import parts  # it needs this module

    for name, told in (("chain", table(run)), ("parts", parts.table(run))):
        print(told)
        write_table(name, told)
