"""One attempt at a training by several processes, as a worker and its coworkers make it."""

import os
import sys
from pathlib import Path

from killing import FORKS
from train_driver import engine_of

from luthier.events import EventLog
from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec
from luthier.storage import write_json
from luthier.training import processes
from luthier.training.checkpoints import newest_complete


def member(root: Path, base: Path, number: int, rank: int, count: int, until: int | None) -> None:
    """until: leave in the step after this one's checkpoint."""
    run = RunFolder(root)
    folder = run.attempt(number)
    if count > 1:
        processes.join(rank, count, folder.meeting)
    log = EventLog(folder.events if rank == 0 else Path(os.devnull))
    checkpoint, _ = newest_complete(run.checkpoints)
    spec = load_spec(run.spec)

    def stop() -> bool:
        return until is not None and bool(list(run.checkpoints.glob(f"step-{until:08d}-*")))

    result = engine_of(spec)(spec, run, folder, log, base, checkpoint and checkpoint.path, stop)
    if rank == 0:
        write_json(folder.result, result)
    sys.stdout.flush()
    os._exit(0)


def together(run: RunFolder, base: Path, number: int, count: int, until: int | None = None) -> list[int]:
    """Exit codes of the `count` processes."""
    run.attempt(number).root.mkdir(parents=True)
    members = [FORKS.Process(target=member, args=(run.root, base, number, rank, count, until)) for rank in range(count)]
    for each in members:
        each.start()
    for each in members:
        each.join()
    return [each.exitcode for each in members]
