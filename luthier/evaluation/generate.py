"""Greedy answers in batches."""

import torch
from transformers import GenerationConfig

from luthier.evaluation.batches import left_padded
from luthier.evaluation.loaded import Loaded
from luthier.evaluation.prefix import SharedPrefix


@torch.inference_mode()
def greedy(loaded: Loaded, prompts: list[list[int]], prefix: SharedPrefix) -> list[list[int]]:
    """The most likely next token, again and again, for each prompt; ids without prompt, stop token and padding.

    `prefix` must begin each prompt. Generation ends when every row wrote a stop token or has `max_new_tokens`.
    """
    pad = loaded.tokenizer.pad_token_id
    ids, mask = left_padded([prompt[prefix.length :] for prompt in prompts], pad, loaded.model.device)
    shared = torch.tensor(prefix.ids, device=ids.device, dtype=ids.dtype).expand(len(prompts), -1)
    ids = torch.cat([shared, ids], dim=1)
    mask = torch.cat([torch.ones_like(shared), mask], dim=1)
    written = loaded.model.generate(
        input_ids=ids,
        attention_mask=mask,
        past_key_values=prefix.cache(len(prompts)),
        generation_config=GenerationConfig(
            do_sample=False, max_new_tokens=loaded.max_new_tokens, eos_token_id=loaded.stops, pad_token_id=pad
        ),
    )
    return [_before_stop(row, loaded.stops) for row in written[:, ids.shape[1] :].tolist()]


def _before_stop(ids: list[int], stops: list[int]) -> list[int]:
    return ids[: next((place for place, token in enumerate(ids) if token in stops), len(ids))]
