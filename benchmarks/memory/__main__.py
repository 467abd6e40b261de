"""Measure the peak memory of every configuration again: `python -m benchmarks.memory [--set held_out]`.

Takes some ten minutes on one core, up to 4 GB of memory, and /proc as Linux has it.
"""

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.memory.configurations import FITTING, HELD_OUT, SHAPES
from luthier.storage import read_json, write_json

MEASURED = Path(__file__).parent / "measured"
SETS = {"fitting": FITTING, "held_out": HELD_OUT}


def measure(configurations: list[dict[str, Any]], file: Path, missing: bool = False) -> None:
    """Write {…configuration, model, peak_bytes} for each; missing: what is in the file already stays."""
    from benchmarks.memory.one import peak, warm_up
    from benchmarks.memory.random_model import build

    warm_up()
    done = read_json(file) if missing and file.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        for given in configurations:
            model = {"model_type": given["shape"]} | SHAPES[given["shape"]]
            whole = given | {"model": model}
            if any({key: each[key] for key in whole} == whole for each in done if each.keys() > whole.keys()):
                continue
            dtype = "float32" if given.get("method") == "full" else given["dtype"]
            base = Path(folder) / f"{given['shape']}-{dtype}"
            if not base.exists():
                apart(lambda model=model, dtype=dtype, base=base: str(build(model, dtype, base)))
            done.append(whole | {"peak_bytes": apart(lambda given=given, base=base: peak(given, base))})
            print(given, f"{done[-1]['peak_bytes'] / 1e6:,.0f} MB", flush=True)
            write_json(file, done)


def apart(work: Callable[[], Any]) -> Any:
    """What `work` returns in a child of this process, which has imported all that it needs.

    Raises ValueError where it failed, which it tells itself.
    """
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.write(writing, json.dumps(work()).encode())
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        answer = told.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", choices=SETS, action="append")
    parser.add_argument("--folder", type=Path, default=MEASURED)
    parser.add_argument("--missing", action="store_true", help="Measure only what the files lack.")
    asked = parser.parse_args()
    for name in asked.set or SETS:
        measure(SETS[name], asked.folder / f"{name}.json", asked.missing)


if __name__ == "__main__":
    if os.environ.get("OMP_NUM_THREADS") != "1":  # it is read when torch is imported
        again = [sys.executable, "-m", "benchmarks.memory", *sys.argv[1:]]
        os.execve(sys.executable, again, os.environ | {"OMP_NUM_THREADS": "1"})
    main()
