"""Rows as tokens, and the order in which training sees them."""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from luthier.errors import DataError, LuthierError, Problems
from luthier.models.chat import Encoded, encode_all
from luthier.models.token_file import is_intact, open_tokens, token_key, write_tokens
from luthier.rows import Row, row_batches
from luthier.run_folder import RunFolder
from luthier.training.plan import Length, Plan

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

SHOWN = 20


class Example(NamedTuple):
    id: str
    encoded: Encoded


def load_split(run: RunFolder, name: str, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> "Dataset":
    """The examples {row, id, input_ids, labels} of train or validation, memory-mapped.

    They are tokenised only when no whole file of just these tokens is there. Raises Problems when a
    row would train on nothing.
    """
    target, key = run.tokens(name), token_key(run.split(name), tokenizer, max_length)
    if not is_intact(target, key):
        write_tokens(target, key, (encode_rows(rows, tokenizer, max_length) for rows in row_batches(run.split(name))))
    return open_tokens(target)


def lengths(examples: "Dataset") -> np.ndarray:
    """Tokens of each example of a whole dataset, int, with a rejected answer those of both; no token is read."""
    import pyarrow.compute as pc

    columns = [name for name in ("input_ids", "rejected_ids") if name in examples.column_names]
    return sum(pc.list_value_length(examples.data.column(name)).to_numpy() for name in columns)


def encode_rows(
    rows: list[Row], tokenizer: "PreTrainedTokenizerBase", max_length: int, last_only: bool = False
) -> list[Example]:
    """One example a row; `last_only` as in `encode`, for all rows or for those that ask for it.

    Raises Problems when a row would train on nothing.
    """
    lasts = [last_only or bool(row.get("last_only")) for row in rows]
    encoded = encode_all(tokenizer, [row["messages"] for row in rows], max_length, lasts)
    examples = [Example(row["id"], tokens) for row, tokens in zip(rows, encoded, strict=True)]
    empty = [example.id for example in examples if not example.encoded.trained]
    if empty:
        why = f"Its prompt alone fills training.max_length ({max_length} tokens)"
        problems: list[LuthierError] = [DataError("nothing to learn", why, "", f"row {row}") for row in empty[:SHOWN]]
        fix = "Raise training.max_length, shorten the prompts, or remove these rows."
        raise Problems(f"{len(empty)} training row{'s' * (len(empty) > 1)} hold nothing to learn", problems, fix)
    return examples


def total_steps(rows: int, plan: Length) -> int:
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
    """As `load_split` gives it, in memory."""
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "row": list(range(len(examples))),
            "id": [example.id for example in examples],
            "input_ids": [example.encoded.input_ids for example in examples],
            "labels": [example.encoded.labels for example in examples],
        }
    )
