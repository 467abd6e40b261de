"""Rows as micro-batches, and the arithmetic that they are computed with."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import torch
from datasets import Dataset

from luthier.training.hardware import share_beginnings
from luthier.training.packing import Packer
from luthier.training.pairs import PairPacker
from luthier.training.plan import Plan

AT_A_LOOK = 64
"""Rows that are packed together, as long as their tokens fit."""


def autocast(plan: Plan, device: torch.device) -> AbstractContextManager[None]:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=plan.dtype == "bfloat16")


def packer(plan: Plan) -> Packer:
    kind = PairPacker if plan.loss == "dpo" else Packer
    return kind(plan.packing, share_beginnings(), plan.micro_batch_tokens)


def micro_batches(examples: Dataset, packer: Packer, device: torch.device) -> Iterator[Any]:
    """All examples in their order, some of them packed together."""
    for start in range(0, len(examples), AT_A_LOOK):
        rows = examples[start : start + AT_A_LOOK]
        some = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
        yield from (micro_batch.to(device) for micro_batch in packer(some)["packs"])
