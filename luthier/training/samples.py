"""Greedy answers to a few fixed prompts."""

from typing import TYPE_CHECKING

from luthier.models.chat import prompt_ids, stop_ids
from luthier.rows import Row

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase

NEW_TOKENS = 48


def answer(model: "PeftModel", tokenizer: "PreTrainedTokenizerBase", rows: list[Row]) -> list[dict[str, str]]:
    """{prompt, output, reference} for each row's last answer. Decoding is greedy: no random number is drawn."""
    from luthier.models.greedy import Batch, empty_cache, greedy, left_padded

    room = tokenizer.model_max_length - NEW_TOKENS
    prompts = [prompt_ids(tokenizer, row["messages"], room) for row in rows]
    pad = tokenizer.pad_token_id
    ids, mask = left_padded(prompts, pad, model.device, max(map(len, prompts)))
    batch = Batch(model, ids, mask, empty_cache(model))
    answers = dict(greedy(batch, stop_ids(tokenizer), NEW_TOKENS))
    return [
        {
            "prompt": row["messages"][-2]["content"],
            "output": str(tokenizer.decode(answers[number], skip_special_tokens=True)),
            "reference": row["messages"][-1]["content"],
        }
        for number, row in enumerate(rows)
    ]
