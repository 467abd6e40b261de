"""Segments are what each family's own attention makes of the examples one by one, sliding windows included."""

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from luthier.training.attention import OWN, SEGMENTS
from luthier.training.losses import surprise
from luthier.training.packing import Packer
from luthier.training.readout import read
from luthier.training.trial import can_pack

SIZES = {
    "vocab_size": 300, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 256, "pad_token_id": 0,
}  # fmt: skip
OTHERS = {"granite": {"logits_scaling": 8.0}}
FAMILIES = {
    "llama": {},
    "mistral": {"sliding_window": 6},
    "qwen2": {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1},
    "qwen3": {},
    "phi3": {"sliding_window": 6},
    "gemma": {},
    "gemma3_text": {"sliding_window": 6},
}


def answer_loss(model, packed):
    return read(model, packed).total(surprise, None)


def model_of(family: str, **more):
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, **SIZES, **(FAMILIES | OTHERS).get(family, {}), **more)
    model = AutoModelForCausalLM.from_config(config, attn_implementation=OWN)
    for parameter in model.parameters():  # so that attention matters: a fresh model hardly looks around
        parameter.data.normal_(std=0.3)
    return model.eval()


def examples() -> list[dict]:
    generator = np.random.default_rng(0)
    beginning = generator.integers(5, 300, 20)
    rows = [np.concatenate([beginning, generator.integers(5, 300, length)]) for length in (3, 12, 25)]
    rows.append(generator.integers(5, 300, 30))
    return [{"row": n, "input_ids": ids.tolist(), "labels": ids.tolist()} for n, ids in enumerate(rows)]


@pytest.mark.parametrize("family", FAMILIES)
def test_families(family):
    model = model_of(family)
    with torch.no_grad():
        own = [
            answer_loss(model, Packer(packing=False, share=False, budget=1).pack([one])).item() for one in examples()
        ]
        model.set_attn_implementation(SEGMENTS)
        for share in (True, False):
            packed = Packer(packing=True, share=share, budget=1).pack(examples())
            assert answer_loss(model, packed).item() == pytest.approx(sum(own), rel=1e-5)


def test_a_family_that_does_more_to_its_logits_is_not_packed():
    """Granite scales them; a packed training would be another one."""
    granite = model_of("granite")
    assert not can_pack(granite, examples())
    assert granite.config._attn_implementation == "sdpa"
    assert can_pack(model_of("mistral"), examples())


def test_a_family_that_caps_its_scores_is_not_packed():
    """Gemma 2 caps scores and logits; only transformers' slow attention does that."""
    gemma = model_of("gemma2")
    assert not can_pack(gemma, examples())
    assert gemma.config._attn_implementation == "eager"


def test_a_model_whose_layers_see_their_neighbours_is_not_packed():
    """Short convolutions run over the whole row; only the first tokens of an example are touched."""
    config = {"layer_types": ["conv", "full_attention"], "full_attn_idxs": [1]}
    assert not can_pack(model_of("lfm2", **config), examples())


def test_lengths_that_change_the_rotary_embedding_are_not_packed():
    config = {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}}
    assert not can_pack(model_of("llama", **config), examples())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_flash_attention_agrees_with_segments_one_by_one():
    model = model_of("mistral").to("cuda", torch.bfloat16)
    assert can_pack(model, examples())
    packed = Packer(packing=True, share=False, budget=1).pack(examples()).to(model.device)
    shared = Packer(packing=True, share=True, budget=1).pack(examples()).to(model.device)
    with torch.no_grad():
        assert answer_loss(model, packed).item() == pytest.approx(answer_loss(model, shared).item(), rel=0.02)
