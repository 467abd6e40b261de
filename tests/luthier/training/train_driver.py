"""One attempt at a training, as a worker makes it: `python train_driver.py RUN BASE ATTEMPT`.

Goes on from the newest complete checkpoint, and leaves when SIGTERM comes.
"""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from luthier.events import EventLog
from luthier.models.engines import engine_here
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.spec_file import load_spec
from luthier.storage import write_json
from luthier.training.checkpoints import newest_complete
from luthier.training.trl_engine import train


def attempt(run: RunFolder, base: Path, number: int, stop=lambda: False) -> dict:
    folder = run.attempt(number)
    folder.root.mkdir(parents=True, exist_ok=True)
    log = EventLog(folder.events)
    checkpoint, passed_over = newest_complete(run.checkpoints)
    for torn in passed_over:
        log.write("passed_over", path=str(torn.path), reason=torn.reason)
    spec = load_spec(run.spec)
    result = engine_of(spec)(spec, run, folder, log, base, checkpoint and checkpoint.path, stop)
    write_json(folder.result, result)
    return result


def engine_of(spec: RunSpec) -> Callable[..., dict]:
    if engine_here(spec.training) == "trl":
        return train
    from luthier.training.mlx.engine import train as train_with_mlx

    return train_with_mlx


def main(run: Path, base: Path, number: int) -> None:
    asked: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    result = attempt(RunFolder(run), base, number, lambda: bool(asked))
    sys.exit(143 if "interrupted" in result else 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
