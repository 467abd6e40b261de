"""What checkpoints cost a training: writing them, and sending them to a folder or an S3 service beside it.

python -m benchmarks.checkpoints [--steps N] [--dry-run]     steps of each kind; leave the guide alone

The packaged model is trained on chats, on one thread. Beside it another process sends a checkpoint over and over:
during five steps nowhere, during five to a folder, during five to a real S3 service, and again.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from benchmarks.assets import build
from benchmarks.guide import write_table
from luthier.spec import RunSpec
from luthier.storage import read_jsonl
from luthier.training import checkpoint_writer
from luthier.training.bench import bare_trainer
from luthier.training.trainer import Trainer
from tests.s3_server import running

BLOCK, EVERY = 5, 100


class Beside(TrainerCallback):
    """Times every step by what goes on beside it, and has a checkpoint written after each block of steps."""

    def __init__(self, folder: Path, places: dict[str, str | None]):
        self.folder, self.places = folder, places
        self.kinds = itertools.cycle(places)
        self.steps: dict[str, list[float]] = {kind: [] for kind in places}
        self.saves: list[float] = []
        self.sender: subprocess.Popen[bytes] | None = None

    def on_step_begin(self, args, state, control, **_: Any) -> None:
        if state.global_step % BLOCK == 0:
            self._begin(next(self.kinds))
        self.began = time.monotonic()

    def on_step_end(self, args, state, control, **_: Any) -> None:
        self.steps[self.kind].append(time.monotonic() - self.began)
        control.should_save = (state.global_step % BLOCK) == 0
        if control.should_save:
            self.end()

    def save(self, trainer: Trainer) -> None:
        about = {"validation_loss": None, "best_step": None, "fingerprint": {}}
        began = time.monotonic()
        checkpoint_writer.write(self.folder, trainer.step, 1, trainer.write_checkpoint, about, lambda: None)
        checkpoint_writer.rotate(self.folder, 2, None)
        self.saves.append(time.monotonic() - began)

    def end(self) -> None:
        if self.sender:
            self.sender.kill()
            self.sender.wait()
        self.sender = None

    def _begin(self, kind: str) -> None:
        self.kind, place = kind, self.places[kind]
        checkpoint = max(self.folder.glob("step-*"), default=None)
        if place and checkpoint:
            command = [sys.executable, "-m", "benchmarks.sender", checkpoint, place, self._count(kind)]
            self.sender = subprocess.Popen(command)

    def sent(self, kind: str) -> int:
        """How many checkpoints were sent beside such steps."""
        return self._count(kind).stat().st_size if self._count(kind).exists() else 0

    def _count(self, kind: str) -> Path:
        return self.folder.with_name(f"sent to {kind}")


def measure(folder: Path, steps: int) -> Beside:
    assets = build(folder, 64)
    task = assets["tasks"]["chats"]
    training = {"batch_size": task["batch"], "max_length": task["max_length"], "epochs": 50}
    training |= {"max_steps": 3 * (steps + BLOCK)}
    asked = {"name": "x", "data": {"path": task["train"]}, "compute": {"threads": 1}, "training": training}
    with running(folder / "s3") as service:
        os.environ |= service.environment | {"AWS_ENDPOINT_URL": service.endpoint}
        service.create_bucket("checkpoints")
        places = {"nothing": None, "a folder": str(folder / "bucket"), "an S3 service": "s3://checkpoints/x"}
        beside = Beside(folder / "checkpoints", places)
        rows = [row | {"id": str(at), "group": str(at)} for at, row in enumerate(read_jsonl(Path(task["train"])))]
        trainer, _ = bare_trainer(
            RunSpec.model_validate(asked), Path(assets["model"]), rows, folder / "out", save=beside.save
        )
        trainer.add_callback(beside)
        try:
            trainer.train()
        finally:
            beside.end()
    return beside


def table(beside: Beside, size_mb: float) -> str:
    """The first block of each kind warms up and is left out."""
    steps = {kind: seconds[BLOCK:] for kind, seconds in beside.steps.items()}
    alone, save = statistics.median(steps["nothing"]), statistics.median(beside.saves)
    rows = [
        f"| {kind} | {len(took)} | {statistics.median(took):.3f} | {max(took):.3f} | {beside.sent(kind)} |"
        for kind, took in steps.items()
    ]
    head = "| what is sent beside | steps | median step s | longest s | checkpoints sent |\n|---|---|---|---|---|"
    share = f"every {EVERY} steps, that is {save / (EVERY * alone):.2%} of their time"
    said = f"A checkpoint of {size_mb:.0f} MB is written, hashed and synced in {save:.2f} s: {share}."
    return "\n".join([head, *rows, "", said])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="luthier-bench-") as made:
        beside = measure(Path(made), options.steps)
        newest = max(beside.folder.glob("step-*"))
        content = table(beside, sum(path.stat().st_size for path in newest.iterdir()) / 1e6)
    print(content)
    if not options.dry_run:
        write_table("checkpoints", content)
