"""What must hold of the memory model whatever its constants are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.estimate.base_size import BaseSize, size_of
from luthier.estimate.memory.need import answering_need, need, training_need
from luthier.estimate.memory.setup import Batch, Setup


@st.composite
def bases(draw, least: int = 1) -> BaseSize:
    heads = draw(st.integers(1, 16)) * 2
    return size_of({
        "hidden_size": heads * 64, "intermediate_size": heads * 64 * draw(st.integers(2, 5)), "head_dim": 64,
        "num_hidden_layers": draw(st.integers(least, 80)), "num_attention_heads": heads,
        "num_key_value_heads": heads // draw(st.sampled_from([1, 2])), "vocab_size": draw(st.integers(256, 256_000)),
        "tie_word_embeddings": draw(st.booleans()),
    })  # fmt: skip


@st.composite
def setups(draw) -> Setup:
    longest = draw(st.integers(16, 4096))
    tokens = longest * draw(st.integers(1, 4))
    return Setup(
        method=draw(st.sampled_from(["lora", "qlora", "full"])),
        element=draw(st.sampled_from([2, 4])),
        rank=draw(st.integers(1, 256)),
        dropout=draw(st.booleans()),
        tokens=tokens,
        longest=longest,
        learned=draw(st.integers(1, tokens)),
        packing=draw(st.booleans()),
        checkpointing=draw(st.booleans()),
        backend=draw(st.sampled_from(["cuda", "mlx"])),  # a CPU's heap has no holes above a size
        answering=(Batch(draw(st.integers(1, 60)), 100, 100),),
    )


@given(bases(), setups(), st.integers(1, 5))
def test_more_never_needs_less(base, setup, times):
    for more in ("tokens", "rank", "learned"):
        larger = replace(setup, **{more: times * getattr(setup, more)})
        assert need(base, larger).bytes >= need(base, setup).bytes, more
    deeper = replace(
        base,
        **{
            field: times * getattr(base, field)
            for field in ("layers", "layers_weights", "matrices", "inputs", "outputs", "cached")
        },
    )
    assert need(deeper, setup).bytes >= need(base, setup).bytes


@given(bases(), setups())
def test_parts_are_what_there_is_and_add_up(base, setup):
    found = need(base, setup)
    assert min(found.parts.values()) > 0
    assert sum(found.parts.values()) == found.bytes
    assert found.bytes == max(training_need(base, setup).bytes, answering_need(base, setup, setup.answering[0]).bytes)


@given(bases(least=24), setups())
def test_four_bits_need_less_than_sixteen_and_an_adapter_less_than_all(base, setup):
    full, lora, qlora = (
        training_need(base, replace(setup, method=method, element=2, rank=8, dropout=False)).bytes
        for method in ("full", "lora", "qlora")
    )
    assert qlora < lora < full


@given(bases(), setups(), st.integers(2, 8))
def test_sharing_divides_what_is_at_rest(base, setup, processes):
    alone, shared = (training_need(base, replace(setup, processes=count)).parts for count in (1, processes))
    for part in ("weights", "gradients", "optimizer"):
        assert shared[part] == pytest.approx(alone[part] / processes)


@given(bases(least=8), setups())
def test_checkpointing_saves_activations(base, setup):
    kept, saved = (training_need(base, replace(setup, checkpointing=saves)) for saves in (False, True))
    assert saved.parts["activations"] < kept.parts["activations"]
    assert saved.bytes < kept.bytes
