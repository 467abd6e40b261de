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
    room = tokenizer.model_max_length - NEW_TOKENS
    prompts = [prompt_ids(tokenizer, row["messages"][:-1], room) for row in rows]
    batch = tokenizer.pad({"input_ids": prompts}, padding_side="left", return_tensors="pt").to(model.device)
    output = model.generate(
        **batch,
        do_sample=False,
        max_new_tokens=NEW_TOKENS,
        eos_token_id=stop_ids(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
    )
    texts = tokenizer.batch_decode(output[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
    return [
        {"prompt": row["messages"][-2]["content"], "output": text, "reference": row["messages"][-1]["content"]}
        for row, text in zip(rows, texts, strict=True)
    ]
