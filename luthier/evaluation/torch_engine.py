"""The engine that is always there: the model's own forward pass, rows of similar length in one batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from luthier.evaluation.likelihood import READ_AT_ONCE, surprises
from luthier.evaluation.perplexity import Reference, Surprise
from luthier.evaluation.prefix import SharedPrefix
from luthier.models.batches import by_length
from luthier.models.greedy import Batch, greedy, left_padded, short_enough

ANSWERED_AT_ONCE = 12_288
"""Tokens of a batch that is answered, the answers to come included."""


class TorchEngine:
    """An `Engine`; `model` is a PreTrainedModel, or the PeftModel around it. `read_base` loads the base
    of a model whose every weight was trained; it is in memory beside that for as long as it is asked.

    A row is padded to the longest of its batch whether or not the longest is still wanted: where its tokens stand
    decides the last bits of its result, who else is in the batch does not.
    """

    def __init__(
        self, model: Any, pad: int, stops: list[int], max_new_tokens: int, read_base: Callable[[], Any] | None = None
    ):
        self.model, self.read_base = model, read_base
        self.pad, self.stops, self.max_new_tokens = pad, stops, max_new_tokens

    @property
    def decoding(self) -> dict[str, Any]:
        return {
            "strategy": "greedy",
            "max_new_tokens": self.max_new_tokens,
            "dtype": str(self.model.dtype).removeprefix("torch."),
            "device": self.model.device.type,
            "stop_ids": self.stops,
            "batch_tokens": ANSWERED_AT_ONCE,
        }

    def answer(self, prompts: list[list[int]], wanted: set[int]) -> Iterator[tuple[int, list[int]]]:
        lengths = [len(prompt) + self.max_new_tokens for prompt in prompts]
        prefix = SharedPrefix(self.model, prompts, max(lengths, default=0))
        for rows, longest in self._batches(lengths, ANSWERED_AT_ONCE, wanted):
            batch = self._batch([prompts[row] for row in rows], prefix, len(prompts[longest]))
            for place, ids in greedy(batch, self.stops, self.max_new_tokens):
                yield rows[place], ids

    def score(self, references: list[Reference], wanted: set[int]) -> Iterator[tuple[int, Surprise]]:
        lengths = [len(ref.ids) for ref in references]
        prefix = SharedPrefix(self.model, [ref.ids[: ref.start] for ref in references], max(lengths, default=0))
        for rows, longest in self._batches(lengths, READ_AT_ONCE, wanted):
            batch = [references[row] for row in rows]
            yield from zip(rows, surprises(self.model, self.pad, batch, prefix, lengths[longest]), strict=True)

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        if self.read_base is None:
            with self.model.disable_adapter():
                yield
            return
        device = self.model.device
        tuned = self.model.to("cpu")  # a GPU need not hold both
        self.model = self.read_base()
        try:
            yield
        finally:
            del self.model
            self.model = tuned.to(device)

    @torch.inference_mode()
    def _batch(self, prompts: list[list[int]], prefix: SharedPrefix, width: int) -> Batch:
        own = [prompt[prefix.length :] for prompt in prompts]
        ids, mask = left_padded(own, self.pad, self.model.device, width - prefix.length)
        mask = torch.cat([mask.new_ones(len(own), prefix.length), mask], dim=1)
        return Batch(self.model, ids, mask, prefix.cache(len(own)))

    def _batches(self, lengths: list[int], budget: int, wanted: set[int]) -> Iterator[tuple[list[int], int]]:
        """The wanted rows of each batch, and its longest row; one that the model may see otherwise stands alone."""
        for batch in by_length(lengths, int(min(budget, short_enough(self.model)))):
            if rows := [row for row in batch if row in wanted]:
                yield rows, batch[0]
