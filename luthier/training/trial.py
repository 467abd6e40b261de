"""Whether a model can be trained on packed examples: tried on the model itself, before the first step."""

from os.path import commonprefix
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from luthier.training.attention import OWN, SEGMENTS
from luthier.training.hardware import share_beginnings
from luthier.training.packing import Packed, Packer, hidden_states

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.15}
"""Nats by which packed losses may differ, on average, from those of the model's own forward pass, by rounding.

SmolLM2-135M in bfloat16: 0.053, the losses themselves about 3; neighbours that are seen are found bit by bit instead.
"""

AFTER_THE_HEAD = ("final_logit_softcapping", "logits_scaling", "logit_scale", "lm_head_multiplier")
"""What some families do with their logits, and the chunked head does not."""

LENGTH_BOUND = ("dynamic", "longrope")
"""Rotary embeddings that depend on the longest of the positions they are given: neighbours would change each other."""

Example = dict[str, Any]


def can_pack(model: Any, examples: list[Example]) -> bool:
    """Whether packed examples get the losses that the model gives each alone, and do not see each other.

    Leaves the model with the attention that training needs. examples: two or more, or one for a set of one.
    """
    model.set_attn_implementation(OWN)
    everything = [{**example, "labels": example["input_ids"]} for example in examples]
    able = _plain(model.config) and _same_losses(model, everything) and _isolated(model, everything)
    model.set_attn_implementation(SEGMENTS if able else OWN)
    return able


def _plain(config: Any) -> bool:
    config = config.get_text_config()
    rope = getattr(config, "rope_parameters", None) or {}
    bound = str(rope.get("rope_type")) in LENGTH_BOUND
    return not bound and all(getattr(config, key, None) in (None, 1) for key in AFTER_THE_HEAD)


@torch.no_grad()
def _same_losses(model: Any, examples: list[Example]) -> bool:
    ours = _packed_losses(model, examples)
    if ours is None:
        return False
    own = torch.cat([_own_losses(model, example) for example in examples])
    difference = (ours - own)[own.isfinite()]  # what is no number is for the training to say
    return not difference.numel() or bool(difference.abs().mean() <= TOLERANCE[model.dtype])


@torch.no_grad()
def _isolated(model: Any, examples: list[Example]) -> bool:
    """Other tokens in the example that stands first change no bit of the losses of those that follow it."""
    first, *others = sorted(examples, key=lambda example: list(example["input_ids"]))
    ids = list(first["input_ids"])
    # the token that follows what is shared stays: the segments are the same then, and with them the kernels
    own = 1 + max((len(commonprefix([ids, list(other["input_ids"])])) for other in others), default=0)
    changed = {**first, "input_ids": [*ids[:own], *reversed(ids[own:])]}
    before, after = (_packed_losses(model, [example, *others]) for example in (first, changed))
    if before is None or after is None:
        return False
    theirs = slice(len(ids) - 1, None)
    return torch.equal(before[theirs].nan_to_num(), after[theirs].nan_to_num())


def _own_losses(model: Any, example: Example) -> torch.Tensor:
    single = Packer(packing=False, share=False, budget=1).pack([example]).to(model.device)
    logits = model(input_ids=single.input_ids, use_cache=False).logits[0, single.predicting]
    return cross_entropy(logits.float(), single.targets, reduction="none")


def _packed_losses(model: Any, examples: list[Example]) -> torch.Tensor | None:
    """(tokens,) losses, example by example; None where the architecture takes no part in packing."""
    packed: Packed = Packer(packing=True, share=share_beginnings(), budget=1).pack(examples).to(model.device)
    try:
        model.set_attn_implementation(SEGMENTS)
        logits = model.get_output_embeddings()(hidden_states(model, packed))
    except torch.OutOfMemoryError:
        raise
    except (TypeError, ValueError, AttributeError, RuntimeError):
        return None
    return cross_entropy(logits.float(), packed.targets, reduction="none")
