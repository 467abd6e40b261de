"""luthier bench-train, hidden: it is for comparisons, not for work."""

import os
from pathlib import Path
from typing import Any

import click

from flows.cli.common import command, print_json


@command
@click.option("--model", required=True, metavar="DIR", help="The base model's folder.")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Conversations, one a row.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the adapter and train.json.")
@click.option("--batch", default=8, show_default=True, help="Examples per optimizer step.")
@click.option("--epochs", default=1.0, show_default=True, help="Passes over the rows.")
@click.option("--lr", default=2e-4, show_default=True, help="Learning rate at the start; it falls linearly to zero.")
@click.option("--rank", default=16, show_default=True, help="LoRA rank; alpha is twice as much.")
@click.option("--max-length", default=256, show_default=True, help="Tokens per example; longer ones are cut.")
@click.option("--seed", default=17, show_default=True, help="Fixes the order and the initial adapter.")
def bench_train(model: str, data: Path, out: Path, as_json: bool, **options: Any) -> int:
    """Train on the last answer of each row with a run's own step, for comparisons with other trainers.

    No validation, no checkpoints, no early stopping, no dropout; OMP_NUM_THREADS is kept to. Leaves a PEFT adapter.
    """
    from luthier.data.conversations import read_conversations
    from luthier.models.base import locate
    from luthier.settings import Settings
    from luthier.startup import leave_out_unused, quick_imports
    from luthier.storage import write_json

    leave_out_unused()
    spec = _spec(model, data, **options)
    rows = read_conversations(data)
    base = locate(spec.model, Settings().models)
    _make(out)
    with quick_imports():
        from luthier.training.bench import train_bare
    result = train_bare(spec, base, rows, out)
    write_json(out / "train.json", result)
    if as_json:
        print_json(result)
    else:
        print(f"{result['steps']} steps, loss {result['first_loss']:.3f} → {result['last_loss']:.3f}")
        speed = result["tokens"] / result["train_wall_s"]
        print(f"{result['tokens']} tokens, {result['trained_tokens']} of them learned, {speed:.0f} tokens/s")
    return 0


def _spec(model: str, data: Path, batch: int, epochs: float, lr: float, rank: int, max_length: int, seed: int) -> Any:
    """What the comparison fixes; the rest is chosen as a run chooses it. Raises Problems."""
    from luthier.spec_file import parse_spec

    training = {
        "epochs": epochs, "learning_rate": lr, "schedule": "linear", "warmup_ratio": 0, "rank": rank, "dropout": 0,
        "batch_size": batch, "max_length": max_length,
    }  # fmt: skip
    threads = os.environ.get("OMP_NUM_THREADS") or None
    return parse_spec(
        {
            "name": "bench-train", "seed": seed, "data": {"path": data}, "model": {"base": model},
            "training": training, "compute": {"threads": threads},
        },
        "bench-train",
    )  # fmt: skip


def _make(folder: Path) -> None:
    from luthier.errors import SpecError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why, fix = error.strerror or str(error), "Choose another place with --out."
        raise SpecError("the folder cannot be made", why, fix, str(folder)) from None
