"""Many rehearsals on a tiny model, each with other interruptions: does everything hold, always?

python -m benchmarks.drill [REHEARSALS] [--first SEED] [--interruptions N]

One line a rehearsal while it runs, then the table; with 30 rehearsals or more it goes into docs/performance.md. The
straight run is done once and shared. Storage is by turns a folder and a real S3 service (where Swift can run). Exits 1
when anything did not hold, and keeps that rehearsal's files: `1 --first SEED` repeats it alone.
"""

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.drill_table import Done, table
from benchmarks.guide import write_table
from flows.server import server
from luthier.bucket import Bucket
from luthier.rehearsal.isolation import isolated
from luthier.rehearsal.plan import plan
from luthier.rehearsal.rehearse import Rehearsal
from luthier.rehearsal.scale import scale_down
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec_file import load_spec
from luthier.validation import validate

TESTS = Path(__file__).parent.parent / "tests"
sys.path += [str(TESTS), str(TESTS / "flows")]

LUTHIER = (sys.executable, "-m", "flows.cli")
PUBLISHED = 30


def prepare(folder: Path) -> None:
    """Write the tiny model, its data, and the small run of it; then do the straight run."""
    from chain import write_spec
    from tiny_model import build

    spec = write_spec(folder / "source", build(folder / "source" / "model"))
    run = open_run(load_spec(spec), Settings(home=folder / "source" / "home"))
    for _ in validate(run):
        pass
    scale_down(run, folder)
    first = Rehearsal(folder, LUTHIER, Bucket(str(folder / "storage")))
    first.validate()
    if (code := first.straight().wait()) not in (0, 3, 4):
        raise SystemExit(f"the straight run ended with {code}: {folder / 'straight.log'}")


@contextmanager
def storages(folder: Path) -> Iterator[list[tuple[str, str, str | None]]]:
    """(name, address, endpoint) of each kind of storage; the service's keys are in the environment meanwhile."""
    kinds: list[tuple[str, str, str | None]] = [("folder", str(folder / "storage"), None)]
    with ExitStack() as stack:
        variables = {}
        if importlib.util.find_spec("swift"):
            from s3_server import running

            service = stack.enter_context(running(folder / "s3"))
            service.create_bucket("drill")
            kinds.append(("S3", "s3://drill", service.endpoint))
            variables = service.environment
        stack.enter_context(isolated(folder, variables))
        yield kinds


def rehearse(folder: Path, seed: int, interruptions: int, kind: tuple[str, str, str | None]) -> Done:
    """One rehearsal; its files go when all held."""
    storage, address, endpoint = kind
    name, began = f"seed-{seed}", time.monotonic()
    bucket = Bucket(f"{address}/{name}", endpoint)
    rehearsal = Rehearsal(folder, LUTHIER, bucket, name=name, strikes=plan(interruptions, seed))
    with closing(rehearsal.interrupted(rehearsal.straight())) as events:
        found = [event for event in events if event["kind"] == "finished"][0]["result"]
    if found["held"]:
        for left in (name, f"cloud-{name}", f"storage/{name}"):
            shutil.rmtree(folder / left, ignore_errors=True)
    return Done(seed, storage, time.monotonic() - began, found)


def told(done: Done) -> str:
    hits = ", ".join(f"{hit['how']} in {hit['phase']}" for hit in done.found["interruptions"])
    failed = [f"{check['name']}: {check['told']}" for check in done.found["checks"] if not check["held"]]
    held = "DID NOT HOLD: " + "; ".join(failed) if failed else "held"
    return f"seed {done.seed:<4} {done.storage:<7} {done.seconds:4.0f} s  {hits or 'nothing hit'}: {held}"


def main() -> int:
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="luthier-drill-")).resolve()
    print(f"files: {folder}", flush=True)
    all_done: list[Done] = []
    with storages(folder) as kinds, server(Settings(home=folder)):
        prepare(folder)
        for seed in range(asked.first, asked.first + asked.rehearsals):
            all_done.append(rehearse(folder, seed, asked.interruptions, kinds[seed % len(kinds)]))
            print(told(all_done[-1]), flush=True)
    shown = table(all_done, _machine())
    print(f"\n{shown}")
    if len(all_done) >= PUBLISHED:
        write_table("drill", shown)
    held = all(done.found["held"] for done in all_done)
    if held:
        shutil.rmtree(folder)
    return 0 if held else 1


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rehearsals", type=int, nargs="?", default=PUBLISHED)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--interruptions", type=int, default=5, metavar="N")
    return parser.parse_args()


def _machine() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=TESTS, capture_output=True, text=True)
    return f"commit {commit.stdout.strip()}" if commit.returncode == 0 else "no commit"


if __name__ == "__main__":
    sys.exit(main())
