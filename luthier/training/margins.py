"""By how much the base prefers the chosen answers: what a training on preferences is measured against."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset

from luthier.run_folder import RunFolder
from luthier.storage import read_json, write_json
from luthier.training.attention import OWN, SEGMENTS
from luthier.training.checkpoints import ALONE, ROUNDING
from luthier.training.cutting import autocast, micro_batches, packer
from luthier.training.plan import Plan
from luthier.training.readout import read


def with_margins(
    splits: dict[str, Dataset], run: RunFolder, identity: dict[str, Any], plan: Plan, model: Any
) -> dict[str, Dataset]:
    """The splits with {margin}, in nats. The untrained base is asked once: its answers are kept beside the tokens.

    identity: the training's fingerprint; values that only round otherwise need no new answers.
    """
    key = {name: value for name, value in identity.items() if name not in {*ROUNDING, *ALONE}}
    kept = {name: run.tokens(f"{name}-margins").with_suffix(".json") for name in splits}
    return {
        name: rows.add_column("margin", known(kept[name], key, partial(base_margins, plan, model, rows)))  # type: ignore[call-arg]
        for name, rows in splits.items()
    }


def known(kept: Path, key: dict[str, Any], ask: Callable[[], list[float]]) -> list[float]:
    """What the file holds where it was asked with this key; else `ask` tells it, and it is kept."""
    told = read_json(kept) if kept.exists() else {}
    if told.get("key") != key:
        told = {"key": key, "margins": ask()}
        write_json(kept, told)
    return told["margins"]


@torch.no_grad()
def base_margins(plan: Plan, model: Any, examples: Dataset) -> list[float]:
    """By how many nats the untrained model finds each row's chosen answer likelier than its rejected one."""
    model.set_attn_implementation(SEGMENTS if plan.packing else OWN)
    model.eval()
    found = dict[int, float]()
    unknown = examples.add_column("margin", [0.0] * len(examples))  # type: ignore[call-arg]
    with autocast(plan, model.device):
        for pairs in micro_batches(unknown, packer(plan), model.device):
            surprises = torch.cat([read(model, part).surprises() for part in pairs.parts])
            found |= zip(pairs.rows, pairs.margins_of(surprises).tolist(), strict=True)
    return [found[row] for row in range(len(examples))]
