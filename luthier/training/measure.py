"""What a second of measuring before the first step tells: may examples be packed, and how many tokens fit.

Done where no checkpoint is there to go on from; the answer goes into the resolved spec, so that every later
attempt, and the weights it comes to, are the same.
"""

from pathlib import Path
from typing import Any, NamedTuple

import psutil
import torch
from datasets import Dataset

from luthier.background.memory import left_bytes
from luthier.errors import SpecError
from luthier.spec import TrainingSpec
from luthier.training import processes
from luthier.training.dataset import lengths
from luthier.training.hardware import device, tokens_at_once
from luthier.training.packing import Packer, hidden_states
from luthier.training.trial import Example, can_pack

FOR_ACTIVATIONS = 0.5
"""Share of the free memory for what `bytes_per_token` counts. The adapter's own activations (a quarter to a half
of that), gradients and kernels' buffers need the rest."""

TRIED = 64
LONGEST_TRIED = 256
"""Tokens of an example, and of the longest one, that are enough to see how the model treats it."""

CGROUP = Path("/sys/fs/cgroup")


class Choices(NamedTuple):
    """Values of `training` that only the model at hand can tell."""

    packing: bool
    micro_batch_tokens: int
    gradient_checkpointing: bool


def settle(training: TrainingSpec, model: Any, train: Dataset, sharding: str = "none") -> TrainingSpec:
    """The section with `Choices` where it is still open. model: the bare base. train: the training examples.
    sharding: as in `compute`.

    Raises SpecError when it says `packing: true` and this model cannot.
    """
    if all(getattr(training, key) is not None for key in Choices._fields):
        return training
    tokens = lengths(train)
    longest = int(tokens.argmax())
    some = [_shortened(train[longest], LONGEST_TRIED)]
    some += [_shortened(train[row], TRIED) for row in range(min(2, len(train))) if row != longest]
    packing = training.packing is not False and can_pack(model, some)
    if training.packing and not packing:
        raise SpecError(
            "this model cannot be trained on packed examples",
            "Packed, it computes other losses than each example gets alone.",
            "Leave it empty, or set it to false.",
            "training.packing",
        )
    free = own_memory(model) - to_come(training, model, sharding)
    chosen = choose(model, some, packing, int(tokens[longest]), free)._asdict()
    return training.model_copy(update={key: chosen[key] for key in chosen if getattr(training, key) is None})


def choose(model: Any, examples: list[Example], packing: bool, longest: int, free: int) -> Choices:
    """examples: some of the training rows, shortened. longest: tokens of the longest row. free: bytes."""
    room = int(max(0, free) * FOR_ACTIVATIONS / bytes_per_token(model, examples, packing))
    fitting = max(longest, min(tokens_at_once(), room))
    return Choices(packing, fitting, gradient_checkpointing=room < longest)


def bytes_per_token(model: Any, examples: list[Example], packing: bool) -> float:
    """Bytes that a forward pass keeps for the backward pass, per token; the head's are few and not counted."""
    packed = Packer(packing, share=False, budget=1).pack(examples if packing else examples[:1]).to(model.device)
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        output = hidden_states(model, packed) if packing else model(input_ids=packed.input_ids, use_cache=False)
    bytes_ = sum(size for place, size in kept.items() if place not in weights)
    del output  # held until here, so that no storage was freed and counted under another's address
    return bytes_ / packed.input_ids.numel()


def _shortened(example: Example, tokens: int) -> Example:
    """Its beginning and its end: what it may share with others, and what is its own."""
    half = tokens // 2
    if len(example["input_ids"]) <= tokens:
        return example
    return example | {key: example[key][:half] + example[key][-half:] for key in ("input_ids", "labels")}


def to_come(training: TrainingSpec, model: Any, sharding: str) -> int:
    """Bytes that full fine-tuning takes before its first step ends: for each weight a gradient and AdamW's two averages
    in float32, and in bfloat16 arithmetic the rounded copy. An adapter's are few.
    """
    if training.method != "full":
        return 0
    of_weight = 12 + 2 * (training.dtype == "bfloat16")
    held_by = processes.count() if processes.spread(sharding) else 1
    return of_weight * sum(each.numel() for each in model.parameters()) // held_by


def own_memory(model: Any) -> int:
    """Bytes that are free for this process: its part of main memory; or of its GPU's, where a model that waits on the
    CPU to be spread will have its part, too."""
    if device() == "cpu":
        return free_memory(model.device) // processes.count()
    waiting = sum(each.nbytes for each in model.parameters() if each.device.type == "cpu")
    return free_memory(torch.device(device())) - waiting // processes.count()


def free_memory(device: torch.device) -> int:
    """Bytes that are free on the device; on a CPU within the limits of this worker and of the container, too."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = int(min(psutil.virtual_memory().available, left_bytes()))
    limit, used = (CGROUP / "memory.max", CGROUP / "memory.current")
    if limit.exists() and (most := limit.read_text().strip()) != "max":
        free = min(free, int(most) - int(used.read_text()) + _reclaimable())
    return free


def _reclaimable() -> int:
    """Bytes of files that the container's limit counts, and the system would let go of."""
    told = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
    return int(told["inactive_file"])
