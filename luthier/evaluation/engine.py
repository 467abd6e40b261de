"""What evaluation needs of whatever runs the model."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from luthier.evaluation.perplexity import Reference, Surprise


class Engine(Protocol):
    """Results come as (index, result) as soon as they are there, so that each can be put on disk.

    `wanted` are the indices that are still to do; all are given, so that an engine can arrange them in the same way
    whether or not an earlier attempt did some of them.
    """

    @property
    def decoding(self) -> dict[str, Any]:
        """How it answers: strategy, max_new_tokens, dtype, device, stop_ids, batch_tokens."""
        ...

    def answer(self, prompts: list[list[int]], wanted: set[int]) -> Iterator[tuple[int, list[int]]]:
        """Greedy answers, without prompt and stop token."""
        ...

    def score(self, references: list[Reference], wanted: set[int]) -> Iterator[tuple[int, Surprise]]:
        """The surprise at each reference answer. Raises ModelError when a likelihood is not a finite number."""
        ...

    def without_adapter(self) -> AbstractContextManager[None]:
        """The base model alone, for as long as the context lasts."""
        ...
