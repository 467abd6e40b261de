"""Rows for the small run: some of the accepted ones, and of long ones a part."""

import random
from typing import TYPE_CHECKING

from luthier.models.base import load_tokenizer, locate
from luthier.models.chat import encode
from luthier.rows import Message, Row, rejected_answer, row_batches
from luthier.run import Run
from luthier.spec import PREFERRED, RunSpec

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

ROWS = 120
TOKENS = 256
"""Of the longest row."""

PART = 32
"""Tokens that are kept of each end of a text that is too long."""


def sample(run: Run) -> list[dict[str, list[Message]]]:
    """{messages}, or {chosen, rejected} where `pairs`; from whichever split, the same for the same seed."""
    rows = _accepted(run)
    base = locate(run.spec.model, run.settings.models)
    tokenizer = load_tokenizer(base, run.spec.model.trust_remote_code)
    chosen = random.Random(run.spec.seed).sample(rows, min(ROWS, len(rows)))
    return [
        _pair(row, tokenizer) if pairs(run.spec) else {"messages": _cut(row["messages"], tokenizer)} for row in chosen
    ]


def pairs(spec: RunSpec) -> bool:
    """Whether the run needs the rejected answers, too. spec: resolved."""
    return spec.training.loss == "dpo" or PREFERRED in spec.evaluation.all_metrics


def _pair(row: Row, tokenizer: "PreTrainedTokenizerBase") -> dict[str, list[Message]]:
    chosen = _cut(row["messages"], tokenizer)
    answer: Message = {"role": "assistant", "content": _ends(rejected_answer(row) or "", tokenizer)}
    return {"chosen": chosen, "rejected": [*chosen[:-1], answer]}


def _accepted(run: Run) -> list[Row]:
    parts = (run.folder.split(name) for name in ("train", "validation", "test"))
    return [row for part in parts for batch in row_batches(part) for row in batch]


def _cut(messages: list[Message], tokenizer: "PreTrainedTokenizerBase") -> list[Message]:
    """The row where it is short enough; else its last answer and what that answers, both ends of each."""
    if not encode(tokenizer, messages, TOKENS).truncated:
        return messages
    answer = max(place for place, message in enumerate(messages) if message["role"] == "assistant")
    return [
        {**message, "content": _ends(message["content"], tokenizer)} for message in messages[answer - 1 : answer + 1]
    ]


def _ends(text: str, tokenizer: "PreTrainedTokenizerBase") -> str:
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    if len(tokens) <= 2 * PART:
        return text
    return f"{tokenizer.decode(tokens[:PART])} … {tokenizer.decode(tokens[-PART:])}"
