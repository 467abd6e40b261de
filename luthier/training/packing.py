"""Examples as micro-batches without padding."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from luthier.models.chat import IGNORED
from luthier.training.layout import Ids, Layout, grow


@dataclass(frozen=True)
class Packed:
    """Examples in one sequence. input_ids, position_ids: (1, tokens).

    predicting, targets: (trained tokens,); the hidden state at `predicting` has to tell the target. counts: trained
    tokens of each example, in their order; weights: (trained tokens,), None where all count alike. Without a layout
    it is one example, which the model's own forward pass computes.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    predicting: torch.Tensor
    targets: torch.Tensor
    counts: tuple[int, ...]
    weights: torch.Tensor | None
    layout: Layout | None

    def to(self, device: torch.device, **_: Any) -> "Packed":
        """A copy on the device, as accelerate asks for it."""
        return Packed(
            self.input_ids.to(device),
            self.position_ids.to(device),
            self.predicting.to(device),
            self.targets.to(device),
            self.counts,
            None if self.weights is None else self.weights.to(device),
            self.layout,
        )


@dataclass(frozen=True)
class Packer:
    """Makes micro-batches of at most `budget` tokens; `packing` False: one example each."""

    packing: bool
    share: bool
    budget: int

    def __call__(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """{packs, rows} for examples that hold `input_ids`, `labels` and `row`, and perhaps `weight`; the collator of
        one optimizer step.
        """
        bins = best_fit([self.size(example) for example in examples], self.budget if self.packing else 0)
        packs = [self.join([examples[number] for number in bin]) for bin in bins]
        return {"packs": packs, "rows": [example["row"] for example in examples]}

    def size(self, example: dict[str, Any]) -> int:
        """Its tokens."""
        return len(example["input_ids"])

    def join(self, examples: list[dict[str, Any]]) -> Any:
        """The micro-batch of these examples."""
        return self.pack(examples)

    def pack(self, examples: list[dict[str, Any]]) -> Packed:
        # the last token predicts nothing, and nothing sees it
        ids = [np.asarray(example["input_ids"][:-1]) for example in examples]
        labels = [np.asarray(example["labels"][1:]) for example in examples]
        segments, paths = grow(ids, self.share)
        ends = np.cumsum([segment.end - segment.start for segment in segments])
        starts = ends - [segment.end - segment.start for segment in segments]
        places = [_join([np.arange(starts[number], ends[number]) for number in path]) for path in paths]
        trained = [label != IGNORED for label in labels]
        counts = tuple(int(chosen.sum()) for chosen in trained)
        return Packed(
            torch.from_numpy(_join([ids[s.example][s.start : s.end] for s in segments]))[None],
            torch.from_numpy(_join([np.arange(s.start, s.end) for s in segments]))[None],
            torch.from_numpy(_join([place[chosen] for place, chosen in zip(places, trained, strict=True)])),
            torch.from_numpy(_join([label[chosen] for label, chosen in zip(labels, trained, strict=True)])),
            counts,
            _weights(examples, counts),
            Layout(segments) if self.packing else None,
        )


def best_fit(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Numbers of examples in bins of at most `budget` tokens: longest first, each into the fullest bin with room.

    An example that is longer than the budget has a bin of its own.
    """
    bins: list[list[int]] = []
    room: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda n: (-lengths[n], n)):
        fitting = [index for index, left in enumerate(room) if left >= lengths[number]]
        if fitting:
            index = min(fitting, key=lambda i: room[i])
            bins[index].append(number)
            room[index] -= lengths[number]
        else:
            bins.append([number])
            room.append(budget - lengths[number])
    return bins


def hidden_states(model: Any, packed: Packed) -> torch.Tensor:
    """What the head has to work on: (trained tokens, size)."""
    given = {"input_ids": packed.input_ids, "position_ids": packed.position_ids, "use_cache": False}
    return causal(model).get_decoder()(**given, layout=packed.layout).last_hidden_state[0, packed.predicting]


def _weights(examples: list[dict[str, Any]], counts: tuple[int, ...]) -> torch.Tensor | None:
    if "weight" not in examples[0]:
        return None
    each = torch.tensor([example["weight"] for example in examples], dtype=torch.float32)
    return each.repeat_interleave(torch.tensor(counts))


def causal(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _join(parts: list[Ids]) -> Ids:
    return np.concatenate(parts).astype(np.int64)
