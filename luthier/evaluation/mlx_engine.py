"""The engine for Apple silicon: MLX's forward pass, rows of similar length in one batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np

from luthier.evaluation.perplexity import Reference, Surprise, finite
from luthier.models.batches import by_length
from luthier.models.mlx.adapter import load_adapter
from luthier.models.mlx.greedy import greedy, takes_batches
from luthier.models.mlx.layers import without_adapter
from luthier.models.mlx.load import load, window
from luthier.models.mlx.reading import Reader, padded
from luthier.models.weights import MODEL, form_of
from luthier.spec import RunSpec

ANSWERED_AT_ONCE = 12_288
READ_AT_ONCE = 2048
"""Tokens of a batch; when it is answered, with the answers to come."""


class MlxEngine:
    """An `Engine`. `read_base` loads the base of a model whose every weight was trained.

    A batch is always computed whole, also where some of its rows are no longer wanted: its size decides last bits.
    """

    def __init__(
        self,
        model: nn.Module,
        dtype: str,
        stops: list[int],
        max_new_tokens: int,
        read_base: Callable[[], nn.Module] | None = None,
    ):
        self.model, self.dtype, self.read_base = model, dtype, read_base
        self.stops, self.max_new_tokens = stops, max_new_tokens

    @property
    def decoding(self) -> dict[str, Any]:
        return {
            "strategy": "greedy",
            "max_new_tokens": self.max_new_tokens,
            "dtype": self.dtype,
            "device": str(mx.default_device().type).removeprefix("DeviceType."),
            "stop_ids": self.stops,
            "batch_tokens": ANSWERED_AT_ONCE,
        }

    def answer(self, prompts: list[list[int]], wanted: set[int]) -> Iterator[tuple[int, list[int]]]:
        budget = ANSWERED_AT_ONCE if takes_batches(self.model) else 0
        for rows in _batches([len(prompt) + self.max_new_tokens for prompt in prompts], budget, wanted):
            for place, ids in greedy(self.model, [prompts[row] for row in rows], self.stops, self.max_new_tokens):
                if rows[place] in wanted:
                    yield rows[place], ids

    def score(self, references: list[Reference], wanted: set[int]) -> Iterator[tuple[int, Surprise]]:
        reader = Reader(self.model)
        for rows in _batches([len(ref.ids) for ref in references], READ_AT_ONCE, wanted):
            told = _surprises(reader, [references[row] for row in rows])
            yield from ((row, each) for row, each in zip(rows, told, strict=True) if row in wanted)

    @contextmanager
    def without_adapter(self) -> Iterator[None]:
        if self.read_base is None:
            with without_adapter(self.model):
                yield
            return
        tuned, self.model = self.model, self.read_base()
        try:
            yield
        finally:
            self.model = tuned


def load_engine(spec: RunSpec, base: Path, tuned: Path | None, stops: list[int]) -> tuple[MlxEngine, int | None]:
    """The model as `loaded.load` describes it; and how many tokens it can be asked, None for its whole context."""
    whole = tuned is not None and form_of(tuned) == MODEL
    model = _read(spec, tuned if tuned and whole else base)
    if tuned and not whole:
        load_adapter(model, tuned)
        model.eval()
    read_base = (lambda: _read(spec, base)) if whole else None
    engine = MlxEngine(model, _dtype(spec), stops, spec.evaluation.max_new_tokens, read_base)
    return engine, window(model, base)


def _read(spec: RunSpec, folder: Path) -> nn.Module:
    four_bit = spec.training.method == "qlora"
    return load(folder, _dtype(spec), spec.model.trust_remote_code, four_bit)


def _batches(lengths: list[int], budget: int, wanted: set[int]) -> Iterator[list[int]]:
    return (batch for batch in by_length(lengths, budget) if wanted.intersection(batch))


def _surprises(reader: Reader, references: list[Reference]) -> list[Surprise]:
    """Raises ModelError when a likelihood is not a finite number."""
    rows = [(np.array(ref.ids), np.arange(ref.start, len(ref.ids))) for ref in references]
    batch = padded(rows)
    losses = np.split(np.array(reader.losses(batch)), np.cumsum(batch.counts)[:-1])
    return [finite(float(each.sum()), len(each)) for each in losses]


def _dtype(spec: RunSpec) -> str:
    return spec.training.dtype or "float32"
