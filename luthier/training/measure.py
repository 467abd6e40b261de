"""What a second of measuring before the first step tells: may examples be packed, and how many tokens fit.

Done in the first attempt only; the answer goes into the resolved spec, so that every later attempt, and
the weights it comes to, are the same.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import torch
from datasets import Dataset

from luthier.spec import TrainingSpec
from luthier.training.attention import OWN, SEGMENTS
from luthier.training.dataset import lengths
from luthier.training.hardware import tokens_at_once
from luthier.training.packing import Packer, answer_loss

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.05}
"""Nats a token by which a packed loss may differ from that of the model's own forward pass, by rounding."""

FOR_ACTIVATIONS = 0.5
"""Share of the free memory for what `bytes_per_token` counts. The adapter's own activations (a quarter to a half
of that), gradients and kernels' buffers need the rest."""

TRIED = 128
"""Tokens of an example that are enough to see how the model treats it."""

CGROUP = Path("/sys/fs/cgroup")

Example = dict[str, Any]


class Choices(NamedTuple):
    """Values of `training` that only the model at hand can tell."""

    packing: bool
    micro_batch_tokens: int
    gradient_checkpointing: bool


def settle(training: TrainingSpec, model: Any, train: Dataset) -> TrainingSpec:
    """The section with `Choices` where it is still open. model: the bare base. train: the training examples."""
    still_open = [key for key in Choices._fields if getattr(training, key) is None]
    if not still_open:
        return training
    tokens = lengths(train)
    longest = int(tokens.argmax())
    some = [_shortened(train[row]) for row in dict.fromkeys([longest, *range(min(3, len(train)))])]
    chosen = choose(model, some, int(tokens[longest]))._asdict()
    return training.model_copy(update={key: chosen[key] for key in still_open})


def _shortened(example: Example) -> Example:
    """The example's last tokens: they hold answers, and cost little to try."""
    return example | {key: example[key][-TRIED:] for key in ("input_ids", "labels")}


def choose(model: Any, examples: list[Example], longest: int) -> Choices:
    """model: the bare base. examples: some of the training rows, the longest among them, of `longest` tokens."""
    packing = agrees(model, examples)
    wanted = max(tokens_at_once(), longest)
    room = int(free_memory(model.device) * FOR_ACTIVATIONS / bytes_per_token(model, examples, packing))
    fitting = max(longest, min(wanted, room))
    return Choices(packing, fitting, gradient_checkpointing=room < longest)


def agrees(model: Any, examples: list[Example]) -> bool:
    """Whether packed examples get the loss that the model's own forward pass gives them one by one."""
    packed = Packer(packing=True, share=True, budget=1).pack(examples).to(model.device)
    singles = [Packer(packing=False, share=False, budget=1).pack([example]).to(model.device) for example in examples]
    try:
        with torch.no_grad():
            own = sum(answer_loss(model, single).item() for single in singles)
            model.set_attn_implementation(SEGMENTS)
            ours = answer_loss(model, packed).item()
    except (TypeError, ValueError, AttributeError):  # an architecture that does not take part in packing
        ours, own = math.inf, 0.0
    equal = abs(ours - own) <= TOLERANCE[model.dtype] * len(packed.targets)
    model.set_attn_implementation(SEGMENTS if equal else OWN)
    return equal


def bytes_per_token(model: Any, examples: list[Example], packing: bool) -> float:
    """Bytes that a forward pass keeps for the backward pass, per token."""
    packed = Packer(packing, share=False, budget=1).pack(examples if packing else examples[:1]).to(model.device)
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        loss = answer_loss(model, packed)  # held, so that no storage is freed and counted under another's address
    bytes_ = sum(size for place, size in kept.items() if place not in weights)
    del loss
    return bytes_ / packed.input_ids.numel()


def free_memory(device: torch.device) -> int:
    """Bytes that are free on the device; on a CPU within the limit of the container, too."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = psutil.virtual_memory().available
    limit, used = (CGROUP / "memory.max", CGROUP / "memory.current")
    if limit.exists() and (most := limit.read_text().strip()) != "max":
        free = min(free, int(most) - int(used.read_text()))
    return free
