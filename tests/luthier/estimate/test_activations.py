"""What autograd keeps of the models themselves, against what the memory model says it keeps."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from peft.helpers import disable_input_dtype_casting
from transformers import AutoConfig, AutoModelForCausalLM

from luthier.estimate.base_size import size_of
from luthier.estimate.memory.activations import SHORT, layer_bytes
from luthier.estimate.memory.held import rounded_bytes
from luthier.estimate.memory.setup import Setup
from luthier.training import attention
from luthier.training.packing import Packer, hidden_states

LAYERS, RANK = (1, 3), 8
WIDTHS = {
    "vocab_size": 64, "hidden_size": 128, "intermediate_size": 352, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 32, "max_position_embeddings": 2048,
}  # fmt: skip


@pytest.mark.parametrize(
    ("family", "method", "dtype", "packing", "dropout", "length"),
    [
        ("llama", "lora", "float32", True, 0.0, 100),
        ("llama", "lora", "bfloat16", True, 0.0, 100),
        ("gemma", "lora", "bfloat16", True, 0.0, SHORT + 100),
        ("llama", "lora", "bfloat16", True, 0.1, 100),
        ("qwen2", "lora", "bfloat16", False, 0.0, 100),
        ("gemma", "lora", "float32", False, 0.0, 100),
        ("qwen2", "full", "float32", True, 0.0, 100),
        ("llama", "full", "bfloat16", True, 0.0, 100),
        ("llama", "full", "bfloat16", True, 0.0, SHORT + 100),
    ],
)
def test_a_layer_keeps_what_is_counted(family, method, dtype, packing, dropout, length):
    few, many = (_kept(family, layers, method, dtype, packing, dropout, length) for layers in LAYERS)
    tokens = (3 if packing else 1) * length
    setup = Setup(
        method, 2 if dtype == "bfloat16" else 4, RANK, bool(dropout), tokens, length, 1, packing, False, "cpu"
    )
    base, smaller = (size_of(WIDTHS | {"num_hidden_layers": layers}) for layers in reversed(LAYERS))
    rounded = rounded_bytes(base, setup) - rounded_bytes(smaller, setup)
    expected = layer_bytes(base, setup) * tokens * (LAYERS[1] - LAYERS[0]) + rounded
    assert many - few == pytest.approx(expected, rel=0.02)


def _kept(family: str, layers: int, method: str, dtype: str, packing: bool, dropout: float, length: int) -> int:
    """Bytes of what the decoder keeps for the backward pass, its weights left out."""
    config = AutoConfig.for_model(family, num_hidden_layers=layers, **WIDTHS)
    model = AutoModelForCausalLM.from_config(config).to(torch.float32 if method == "full" else getattr(torch, dtype))
    model.set_attn_implementation(attention.SEGMENTS if packing else attention.OWN)
    if method == "lora":
        model = get_peft_model(model, LoraConfig(r=RANK, lora_dropout=dropout, target_modules="all-linear"))
        for parameter in model.parameters():
            parameter.data = parameter.data.float() if parameter.requires_grad else parameter.data
    rows = [{"input_ids": [row] + [5] * length, "labels": [1] * (length + 1)} for row in range(3 if packing else 1)]
    packed = Packer(packing, share=False, budget=1).pack(rows)
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, torch.UntypedStorage] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    model.train()
    casting = disable_input_dtype_casting(model) if method == "lora" else torch.enable_grad()
    rounding = torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16")
    with casting, torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor), rounding:
        output = hidden_states(model, packed) if packing else model(input_ids=packed.input_ids, use_cache=False)
    bytes_ = sum(storage.nbytes() for place, storage in kept.items() if place not in weights)
    del output
    return bytes_
