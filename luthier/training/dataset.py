"""Rows as tokens, and the order in which training sees them."""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from luthier.errors import DataError, LuthierError, Problems
from luthier.models.chat import Encoded, encode
from luthier.rows import Row
from luthier.training.plan import Plan

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

SHOWN = 20


class Example(NamedTuple):
    id: str
    encoded: Encoded


def encode_rows(
    rows: list[Row], tokenizer: "PreTrainedTokenizerBase", max_length: int, last_only: bool = False
) -> list[Example]:
    """One example a row; `last_only` as in `encode`. Raises Problems when a row would train on nothing."""
    examples = [Example(row["id"], encode(tokenizer, row["messages"], max_length, last_only)) for row in rows]
    empty = [example.id for example in examples if not example.encoded.trained]
    if empty:
        why = f"Its prompt alone fills training.max_length ({max_length} tokens)"
        problems: list[LuthierError] = [DataError("nothing to learn", why, "", f"row {row}") for row in empty[:SHOWN]]
        fix = "Raise training.max_length, shorten the prompts, or remove these rows."
        raise Problems(f"{len(empty)} training row{'s' * (len(empty) > 1)} hold nothing to learn", problems, fix)
    return examples


def total_steps(rows: int, plan: Plan) -> int:
    """Optimizer steps of the whole training; the last may hold fewer examples."""
    steps = max(1, math.ceil(round(rows * plan.epochs) / plan.batch_size))
    return min(steps, plan.max_steps or steps)


def order(rows: int, plan: Plan) -> list[int]:
    """Row numbers in the order of training: a fresh permutation each epoch, end to end.

    Known in full from the start, so that a resumed training finds its place by its step alone.
    """
    wanted = max(1, min(round(rows * plan.epochs), total_steps(rows, plan) * plan.batch_size))
    generator = np.random.default_rng(plan.seed)
    passes = [generator.permutation(rows) for _ in range(math.ceil(wanted / rows))]
    return np.concatenate(passes)[:wanted].tolist()


def as_dataset(examples: list[Example]) -> "Dataset":
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "row": list(range(len(examples))),
            "input_ids": [example.encoded.input_ids for example in examples],
            "labels": [example.encoded.labels for example in examples],
        }
    )
