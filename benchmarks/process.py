"""What a command costs: the whole process, imports and all."""

import os
import subprocess
import time
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """`cpu_s` is user and system time of all its threads and children; `peak_mb` that of its biggest process."""

    code: int
    cpu_s: float
    wall_s: float
    peak_mb: float


def measure(argv: list[str], environment: dict[str, str], log: Path) -> Cost:
    """Run a command to its end, its output into `log`.

    A child's peak memory begins with what its parent held when it was started, so the caller has to stay small:
    it must not have imported torch.
    """
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            argv, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    return Cost(process.returncode, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def on_threads(threads: int, folder: Path) -> dict[str, str]:
    """Environment for a number of CPU threads, offline, with every cache in `folder`."""
    return os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(folder / "cache"),
        "MODELSCOPE_CACHE": str(folder / "cache"),
        "LUTHIER_HOME": str(folder),
    }
