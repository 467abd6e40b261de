"""Examples end to end in one sequence: no padding is computed.

Positions restart with each example; with a batch of one and no attention mask, transformers builds
from them the mask that keeps the examples apart.
"""

from typing import Any, TypedDict

import torch

from luthier.models.chat import IGNORED


class Batch(TypedDict):
    """input_ids, labels, position_ids: int64 of shape (1, tokens); row: int64 of shape (examples,)."""

    input_ids: torch.Tensor
    labels: torch.Tensor
    position_ids: torch.Tensor
    row: torch.Tensor


def pack(examples: list[dict[str, Any]]) -> Batch:
    """Join examples that hold `input_ids`, `labels` and `row`.

    The first token of each is never a label: its predecessor belongs to another example.
    """
    ids = [token for example in examples for token in example["input_ids"]]
    labels = [label for example in examples for label in (IGNORED, *example["labels"][1:])]
    positions = [position for example in examples for position in range(len(example["input_ids"]))]
    return {
        "input_ids": torch.tensor([ids]),
        "labels": torch.tensor([labels]),
        "position_ids": torch.tensor([positions]),
        "row": torch.tensor([example["row"] for example in examples]),
    }


def answer_loss(model: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """Sum of the negative log-likelihood over the labels, in nats.

    The head runs only on positions whose next token is a label.
    """
    positions = (batch["labels"][0, 1:] != IGNORED).nonzero().squeeze(1)
    output = model(
        input_ids=batch["input_ids"],
        position_ids=batch["position_ids"],
        logits_to_keep=positions,
        use_cache=False,
    )
    targets = batch["labels"][0, positions + 1]
    return torch.nn.functional.cross_entropy(output.logits[0].float(), targets, reduction="sum")
