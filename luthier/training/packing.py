"""Examples as micro-batches without padding, and the loss on their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from luthier.models.chat import IGNORED
from luthier.training.head import head_loss
from luthier.training.layout import Ids, Layout, grow


@dataclass(frozen=True)
class Packed:
    """Examples in one sequence. input_ids, position_ids: (1, tokens).

    predicting, targets: (trained tokens,); the hidden state at `predicting` has to tell the target.
    Without a layout it is one example, which the model's own forward pass computes.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    predicting: torch.Tensor
    targets: torch.Tensor
    layout: Layout | None

    def to(self, device: torch.device, **_: Any) -> "Packed":
        """A copy on the device, as accelerate asks for it."""
        return Packed(
            self.input_ids.to(device),
            self.position_ids.to(device),
            self.predicting.to(device),
            self.targets.to(device),
            self.layout,
        )


@dataclass(frozen=True)
class Packer:
    """Makes micro-batches of at most `budget` tokens; `packing` False: one example each."""

    packing: bool
    share: bool
    budget: int

    def __call__(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """{packs, rows} for examples that hold `input_ids`, `labels` and `row`; the collator of one optimizer step."""
        bins = best_fit([len(example["input_ids"]) for example in examples], self.budget if self.packing else 0)
        packs = [self.pack([examples[number] for number in bin]) for bin in bins]
        return {"packs": packs, "rows": [example["row"] for example in examples]}

    def pack(self, examples: list[dict[str, Any]]) -> Packed:
        # the last token predicts nothing, and nothing sees it
        ids = [np.asarray(example["input_ids"][:-1]) for example in examples]
        labels = [np.asarray(example["labels"][1:]) for example in examples]
        segments, paths = grow(ids, self.share)
        ends = np.cumsum([segment.end - segment.start for segment in segments])
        starts = ends - [segment.end - segment.start for segment in segments]
        places = [_join([np.arange(starts[number], ends[number]) for number in path]) for path in paths]
        trained = [label != IGNORED for label in labels]
        return Packed(
            torch.from_numpy(_join([ids[s.example][s.start : s.end] for s in segments]))[None],
            torch.from_numpy(_join([np.arange(s.start, s.end) for s in segments]))[None],
            torch.from_numpy(_join([place[chosen] for place, chosen in zip(places, trained, strict=True)])),
            torch.from_numpy(_join([label[chosen] for label, chosen in zip(labels, trained, strict=True)])),
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


def answer_loss(model: Any, packed: Packed) -> torch.Tensor:
    """Sum of the negative log-likelihoods of the targets, in nats. model: a causal language model, or a PeftModel."""
    if packed.layout is None:
        logits = model(input_ids=packed.input_ids, use_cache=False).logits[0, packed.predicting]
        return torch.nn.functional.cross_entropy(logits.float(), packed.targets, reduction="sum")
    return head_loss(_causal(model).get_output_embeddings(), hidden_states(model, packed), packed.targets)


def hidden_states(model: Any, packed: Packed) -> torch.Tensor:
    """What the head has to work on: (trained tokens, size)."""
    given = {"input_ids": packed.input_ids, "position_ids": packed.position_ids, "use_cache": False}
    return _causal(model).get_decoder()(**given, layout=packed.layout).last_hidden_state[0, packed.predicting]


def _causal(model: Any) -> Any:
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _join(parts: list[Ids]) -> Ids:
    return np.concatenate(parts).astype(np.int64)
