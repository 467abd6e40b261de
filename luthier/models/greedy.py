"""Greedy answers from a causal language model's own forward pass, several prompts at a time."""

import math
from collections.abc import Iterator
from typing import Any, cast

import torch
from transformers import Cache, DynamicCache

DROPPED_AT = 1 / 8
"""Share of a batch that has to be finished before its rows are dropped: dropping copies the cache, as a step does."""


def left_padded(rows: list[list[int]], pad: int, device: torch.device, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask, both (rows, width); the rows end together at the right, where the next token is made."""
    ids = [[pad] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def positions(mask: torch.Tensor) -> torch.Tensor:
    """Place of each token in its own row, padding not counted; (rows, width) like the mask."""
    return (mask.cumsum(dim=1) - 1).clamp(min=0)


def empty_cache(model: Any) -> DynamicCache:
    return DynamicCache(config=model.config)


def short_enough(model: Any) -> float:
    """Tokens up to which a row's places look as they do in any shorter row; infinite for most models.

    Past them Phi's LongRoPE (https://arxiv.org/abs/2402.13753) turns all places otherwise, those already read too.
    """
    rope = getattr(model.config.get_text_config(), "rope_parameters", None) or {}
    return rope["original_max_position_embeddings"] if rope.get("rope_type") == "longrope" else math.inf


class Batch:
    """Rows side by side, with what the model remembers of them.

    ids: (rows, unread) tokens that the model has not read yet; mask: (rows, read + unread), 0 for padding; cache: keys
    and values of what it has read; whole: (rows, all but a prefix), what was read and what was not.
    """

    def __init__(self, model: Any, ids: torch.Tensor, mask: torch.Tensor, cache: Cache):
        self.model, self.ids, self.mask, self.cache = model, ids, mask, cache
        self.positions = positions(mask)[:, -ids.shape[1] :]
        self.whole, self.short = ids, short_enough(model)

    def read(self) -> list[int]:
        """The most likely next token of each row, which is what the model reads next."""
        self._read_again_past_short()
        logits = self.model(
            input_ids=self.ids,
            attention_mask=self.mask,
            position_ids=self.positions,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits
        self.ids = logits[:, -1:].argmax(dim=-1)
        self.whole = torch.cat([self.whole, self.ids], dim=1)
        self.mask = torch.cat([self.mask, self.mask.new_ones(len(self.mask), 1)], dim=1)
        self.positions = self.positions[:, -1:] + 1
        return self.ids[:, 0].tolist()

    def keep(self, places: list[int]) -> None:
        """Drop all rows but those at `places`."""
        kept = torch.tensor(places, device=self.ids.device)
        self.ids, self.mask, self.positions = self.ids[kept], self.mask[kept], self.positions[kept]
        self.whole = self.whole[kept]
        self.cache.reorder_cache(cast(torch.LongTensor, kept))

    def _read_again_past_short(self) -> None:
        """Forget what was read when the rows grow past `short_enough`; no prefix stands before them then."""
        length = self.mask.shape[1]
        if 0 < length - self.ids.shape[1] <= self.short < length:
            self.ids, self.positions, self.cache = self.whole, positions(self.mask), empty_cache(self.model)


@torch.no_grad()  # not inference_mode: training answers samples between two steps
def greedy(batch: Batch, stops: list[int], most: int) -> Iterator[tuple[int, list[int]]]:
    """(row, ids) as soon as a row wrote a stop token or `most` tokens; ids without prompt and stop token."""
    rows = list(range(len(batch.ids)))  # the row that stands at each place
    written: dict[int, list[int]] = {row: [] for row in rows}
    while written:
        for row, token in zip(rows, batch.read(), strict=True):
            if row in written and _ends(written[row], token, stops, most):
                yield row, written.pop(row)
        if 0 < len(written) <= (1 - DROPPED_AT) * len(rows):
            batch.keep([place for place, row in enumerate(rows) if row in written])
            rows = list(written)


def _ends(ids: list[int], token: int, stops: list[int], most: int) -> bool:
    """Whether the answer ends with this token, which is added unless it is a stop token."""
    if token in stops:
        return True
    ids.append(token)
    return len(ids) == most


def answers(model: Any, pad: int, prompts: list[list[int]], stops: list[int], most: int) -> list[list[int]]:
    """The greedy answers to a few prompts, all in one batch."""
    ids, mask = left_padded(prompts, pad, model.device, max(map(len, prompts)))
    found = dict(greedy(Batch(model, ids, mask, empty_cache(model)), stops, most))
    return [found[row] for row in range(len(prompts))]
