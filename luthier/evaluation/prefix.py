"""The beginning that all prompts of an arm share (system prompt, few-shot examples), read by the model once."""

import copy
from functools import cached_property
from os.path import commonprefix
from typing import Any

import torch
from transformers import Cache

from luthier.models.greedy import empty_cache, short_enough


class SharedPrefix:
    """`length` tokens begin every row; the model reads them when the first batch asks.

    longest: tokens that a row may come to with what follows it.
    """

    def __init__(self, model: Any, rows: list[list[int]], longest: int):
        self.model, self.empty, self.longest = model, empty_cache(model), longest
        shortest = min(map(len, rows), default=1)
        # a row keeps a token of its own: the model has to be asked something
        self.ids = commonprefix(rows)[: shortest - 1] if self._fits() else []  # type: ignore[type-var]
        self.length = len(self.ids)

    def cache(self, rows: int) -> Cache:
        """Keys and values of the prefix for a batch of `rows`; nothing is in it when there is no prefix."""
        cache = copy.deepcopy(self._read)
        if self.ids:
            cache.batch_repeat_interleave(rows)
        return cache

    def _fits(self) -> bool:
        """Shorter rows have padding behind the prefix; a layer that sees only the last few places would count it.

        And where long rows are read otherwise, so would be what stands before them.
        """
        everywhere = not any(self.empty.is_sliding) and not any(self.empty.is_linear)
        return everywhere and self.longest <= short_enough(self.model)

    @cached_property
    def _read(self) -> Cache:
        if not self.ids:
            return self.empty
        ids = torch.tensor([self.ids], device=self.model.device)
        with torch.inference_mode():
            return self.model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
