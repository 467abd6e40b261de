"""Examples as padded micro-batches."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import mlx.core as mx
import numpy as np

from luthier.models.batches import by_length
from luthier.models.chat import IGNORED
from luthier.models.mlx.layers import as_float
from luthier.models.mlx.reading import Padded, padded


class MicroBatch(NamedTuple):
    """weights: (trained tokens,), what each counts for; None where all count alike."""

    tokens: Padded
    weights: mx.array | None

    @property
    def weight(self) -> float:
        """What the micro-batch counts for in the mean of an optimizer step."""
        return len(self.tokens.targets) if self.weights is None else as_float(self.weights.sum())


def micro_batches(examples: list[dict[str, Any]], budget: int) -> Iterator[MicroBatch]:
    """Of at most `budget` tokens, padding included; an example that is longer stands alone."""
    for numbers in by_length([len(example["input_ids"]) for example in examples], budget):
        yield _joined([examples[number] for number in numbers])


def _joined(examples: list[dict[str, Any]]) -> MicroBatch:
    trained = [np.flatnonzero(np.asarray(example["labels"]) != IGNORED) for example in examples]
    rows = [(np.asarray(each["input_ids"]), places[places > 0]) for each, places in zip(examples, trained, strict=True)]
    tokens = padded(rows)
    if "weight" not in examples[0]:
        return MicroBatch(tokens, None)
    return MicroBatch(tokens, mx.array(np.repeat([each["weight"] for each in examples], tokens.counts), mx.float32))
