"""Small runs to train on: a spec, splits, and a folder."""

from pathlib import Path

from luthier.rows import Row, write_rows
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.spec_file import save_spec
from luthier.training.presets import resolve

WORDS = ["red", "green", "blue", "black", "white", "round", "square", "soft"]


def row(number: int) -> Row:
    question = f"What goes with {WORDS[number % 8]} {number}?"
    answer = " ".join(WORDS[(number * step) % 8] for step in range(1, 3 + number % 4))
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"id": str(number), "group": str(number), "messages": messages}


def spec(paired: bool = False, **training) -> RunSpec:
    values = {
        "dtype": "float32", "rank": 4, "dropout": 0.1, "learning_rate": 0.01, "batch_size": 4, "micro_batch_tokens": 64,
        "packing": True, "gradient_checkpointing": False,
        "epochs": 2, "checkpoint_every": 5, "samples": 1, "keep_checkpoints": 2,
    }  # fmt: skip
    asked = RunSpec.model_validate(
        {"name": "tiny", "data": {"path": "rows.jsonl"}, "compute": {"threads": 1}, "training": values | training}
    )
    return resolve(asked, context=512, paired=paired)


def make_run(folder: Path, rows: int = 44, validation: int = 6, asked: RunSpec | None = None) -> RunFolder:
    """A run that is ready to train: 22 optimizer steps with a look every 5, by default."""
    run = RunFolder(folder)
    write_rows(run.split("train"), [row(number) for number in range(rows)])
    write_rows(run.split("validation"), [row(number) for number in range(1000, 1000 + validation)])
    save_spec(asked or spec(), run.spec)
    return run
