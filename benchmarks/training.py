"""Luthier's training beside plain TRL's and, where they are given, ms-swift's and LLaMA-Factory's.

python -m benchmarks.training [--threads 1 2] [--seeds 3] [--tasks chats documents]
    [--swift PYTHON] [--llama-factory PYTHON]   Pythons that have a rival; or SWIFT_PYTHON, LLAMA_FACTORY_PYTHON
    [--folder FOLDER] [--rows N] [--dry-run]    for a quick try: keep the model, cut the chats, leave the guide alone
"""

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.comparison import OURS, REFERENCE, ask, compare
from benchmarks.guide import write_table
from benchmarks.process import on_threads
from benchmarks.trainers import Command, llama_factory, luthier, plain_trl, swift
from benchmarks.training_tables import equal_learning_table, speed_table


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tasks", nargs="+", default=["chats", "documents"])
    parser.add_argument("--swift", default=os.environ.get("SWIFT_PYTHON"))
    parser.add_argument("--llama-factory", default=os.environ.get("LLAMA_FACTORY_PYTHON"))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--dry-run", action="store_true")
    return parser.parse_args()


def trainers(options: argparse.Namespace) -> dict[str, Command]:
    chosen = {REFERENCE: plain_trl, OURS: luthier}
    if options.swift:
        chosen["ms-swift"] = swift(options.swift)
    if options.llama_factory:
        chosen["LLaMA-Factory"] = llama_factory(options.llama_factory)
    return chosen


if __name__ == "__main__":
    options = asked()
    folder = (options.folder or Path(tempfile.mkdtemp(prefix="luthier-bench-"))).absolute()
    assets = ask("assets", [folder, *([options.rows] if options.rows else [])], on_threads(1, folder))
    for task in options.tasks:
        done = []
        for threads in options.threads:
            apart = Path(tempfile.mkdtemp(prefix=f"{task}-{threads}-", dir=folder))
            done.append(compare(assets, task, trainers(options), threads, options.seeds, apart))
        tables = {
            f"training-{task}": "\n\n".join(map(speed_table, done)),
            f"learned-{task}": "\n\n".join(equal_learning_table(each) for each in done),
        }
        for name, table in tables.items():
            print(table)
            if not (options.dry_run or options.rows):
                write_table(name, table)
