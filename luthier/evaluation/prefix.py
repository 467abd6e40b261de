"""The beginning that all prompts of an arm share (system prompt, few-shot examples), read by the model once."""

import copy
from functools import cached_property
from os.path import commonprefix
from typing import Any

import torch
from transformers import Cache


class SharedPrefix:
    """`length` tokens begin every row; the model reads them when the first batch asks."""

    def __init__(self, model: Any, rows: list[list[int]]):
        self.model = model
        shortest = min(map(len, rows), default=1)
        # a row keeps a token of its own: the model has to be asked something
        self.ids = commonprefix(rows)[: shortest - 1]  # type: ignore[type-var]
        self.length = len(self.ids)

    def cache(self, rows: int) -> Cache | None:
        """Keys and values of the prefix for a batch of `rows`; None when there is no prefix."""
        if not self.ids:
            return None
        cache = copy.deepcopy(self._read)
        cache.batch_repeat_interleave(rows)
        return cache

    @cached_property
    def _read(self) -> Cache:
        ids = torch.tensor([self.ids], device=self.model.device)
        with torch.inference_mode():
            return self.model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
