"""Greedy answers to a few fixed prompts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from luthier.models.chat import prompt_ids, stop_ids
from luthier.rows import Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NEW_TOKENS = 48

Ask = Callable[[list[list[int]], list[int], int], list[list[int]]]
"""Of prompts, stop tokens and the most new tokens: greedy answers, without prompt and stop token."""


def answer(ask: Ask, tokenizer: "PreTrainedTokenizerBase", rows: list[Row]) -> list[dict[str, str]]:
    """{prompt, output, reference} for each row's last answer. No random number is drawn."""
    if not rows:
        return []
    room = tokenizer.model_max_length - NEW_TOKENS
    answers = ask([prompt_ids(tokenizer, row["messages"], room) for row in rows], stop_ids(tokenizer), NEW_TOKENS)
    return [
        {
            "prompt": row["messages"][-2]["content"],
            "output": str(tokenizer.decode(ids, skip_special_tokens=True)),
            "reference": row["messages"][-1]["content"],
        }
        for row, ids in zip(rows, answers, strict=True)
    ]
