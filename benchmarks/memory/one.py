"""One configuration's peak memory, in a process of its own.

The peak is the most that the process holds in memory (VmHWM) after the model was loaded, less what it held before.
Before, everything that a training needs was imported. What loading takes for a moment is left out: files that are
mapped then, and given up when memory is short.
"""

import tempfile
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset

from luthier.evaluation.torch_engine import TorchEngine
from luthier.models.base import load_model, load_tokenizer
from luthier.training.dataset import as_dataset
from luthier.training.plan import Plan
from luthier.training.trainer import Trainer

STEPS = 2
"""The second step has the optimizer's averages from its beginning."""

FIXED: dict[str, Any] = {
    "epochs": 1, "max_steps": STEPS, "seed": 1, "learning_rate": 1e-4, "warmup_ratio": 0, "schedule": "constant",
    "label_smoothing": 0.1, "focal_gamma": 2, "dpo_beta": 0.1, "checkpoint_every": 100, "checkpoint_minutes": None,
    "keep_checkpoints": 1, "patience": None, "samples": 0, "sharding": "none",
}  # fmt: skip
PLANNED = {"method", "loss", "rank", "dropout", "packing", "micro_batch_tokens", "dtype", "gradient_checkpointing"}


def peak(given: dict[str, Any], base: Path) -> int:
    """Bytes; `given` as in configurations.py."""
    before = _resident()
    full = given.get("method") == "full"
    model = load_model(base, "float32" if full else given["dtype"], four_bit=given.get("method") == "qlora")
    _forget_peak()
    (_train if "method" in given else _answer)(model, base, given)
    return _resident("VmHWM") - before


def _train(model: Any, base: Path, given: dict[str, Any]) -> None:
    rank, rows = given["rank"], STEPS * given["rows"]
    planned = {key: given[key] for key in PLANNED}
    plan = Plan(**FIXED, **planned, batch_size=given["rows"], max_length=given["length"], alpha=rank and 2 * rank)
    columns: dict[str, list[Any]] = {"row": list(range(rows)), "id": [str(row) for row in range(rows)]}
    columns |= _examples(model, given, rows)
    if given["loss"] == "dpo":
        rejected = _examples(model, given, rows)
        columns |= {"rejected_ids": rejected["input_ids"], "rejected_labels": rejected["labels"]}
        columns |= {"margin": [0.0] * rows}
    data = {"train": Dataset.from_dict(columns), "validation": as_dataset([])}
    with tempfile.TemporaryDirectory() as folder:
        Trainer(plan, Path(folder), model, load_tokenizer(base), **data, save=lambda _: None).train()


def _examples(model: Any, given: dict[str, Any], rows: int) -> dict[str, list[list[int]]]:
    """Rows that begin differently; the last of their tokens are learned."""
    ids = torch.randint(2, model.config.vocab_size, (rows, given["length"]))
    labels = ids.clone()
    labels[:, : given["length"] - given["answer"]] = -100
    return {"input_ids": ids.tolist(), "labels": labels.tolist()}


def _answer(model: Any, _base: Path, given: dict[str, Any]) -> None:
    prompts = torch.randint(2, model.config.vocab_size, (given["rows"], given["length"])).tolist()
    for _ in TorchEngine(model.eval(), 1, [], given["new"]).answer(prompts, set(range(given["rows"]))):
        pass


def warm_up() -> None:
    """Threads and kernels' own buffers, which every process has."""
    for dtype in (torch.float32, torch.bfloat16):
        torch.nn.functional.linear(torch.ones(64, 64, dtype=dtype), torch.ones(64, 64, dtype=dtype))


def _resident(name: str = "VmRSS") -> int:
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[name].split()[0]) * 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")
