"""Whether a run fits, and which single change makes it fit."""

from dataclasses import replace

import pytest
from estimated_work import demo_work

from luthier.errors import SpecError
from luthier.estimate.base_size import size_of
from luthier.estimate.gpus import GPUS
from luthier.estimate.memory.fit import Place, fit
from luthier.estimate.memory.need import need
from luthier.estimate.memory.of_spec import least, setup_of
from luthier.estimate.memory.place import rented
from luthier.estimate.memory.words import as_json, lines, memory_warning
from luthier.estimate.work import Work
from luthier.spec import RunSpec

LLAMA_8B = size_of({
    "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "vocab_size": 128_256,
})  # fmt: skip
L4, L40S, H100 = "NVIDIA L4", "NVIDIA L40S", "NVIDIA H100 80GB HBM3"


def spec(**training) -> RunSpec:
    chosen = {"method": "lora", "rank": 16, "dtype": "bfloat16", "batch_size": 8} | training
    return RunSpec.model_validate({"name": "one", "data": {"path": "data.jsonl"}, "training": chosen})


def work(element: int = 2, longest: int = 1024) -> Work:
    small = replace(demo_work().baseline[0], answers=4)  # what training needs is to decide
    return replace(demo_work(), base=LLAMA_8B, element_bytes=element, longest=longest, baseline=(small,), evaluation=())


def on(gpu: str, room: float | None = None) -> Place:
    return Place(gpu, "cuda", room or GPUS[gpu].memory_gb * 1e9)


def changed(asked: RunSpec, to_do: Work, place: Place) -> tuple | None:
    found = fit(asked, to_do, place)
    assert not found.fits
    return found.change and (found.change.key, found.change.value)


def test_the_least_harmful_change_that_helps_is_named():
    fixed = {"gradient_checkpointing": False, "micro_batch_tokens": 8192}
    assert changed(spec(**fixed), work(), on(L40S)) == ("training.micro_batch_tokens", 1024)
    fixed["micro_batch_tokens"] = 1024
    assert changed(spec(**fixed), work(), on(L4)) == ("training.gradient_checkpointing", True)
    assert changed(spec(), work(element=4), on(L4)) == ("training.dtype", "bfloat16")
    assert changed(spec(method="full", rank=None), work(), on(L4)) == ("training.method", "lora")
    assert changed(spec(), work(), on(L4, 16e9)) == ("training.method", "qlora")
    assert changed(spec(method="qlora", **fixed), work(), on(L4, 10e9)) == (
        "training.gradient_checkpointing", True,
    )  # fmt: skip
    assert changed(spec(method="qlora"), work(longest=16_384), on(L4, 12e9)) == (
        "training.max_length", 4096,
    )  # fmt: skip
    assert changed(spec(method="qlora"), work(), on(L4, 5e9)) == ("compute.gpu", "NVIDIA RTX A5000")


def test_nothing_helps_a_model_that_is_too_large_for_all():
    huge = replace(work(), base=replace(LLAMA_8B, layers_weights=10**12))
    assert changed(spec(method="qlora"), huge, on(H100)) is None
    assert "smaller model.base" in memory_warning(fit(spec(method="qlora"), huge, on(H100)))


def test_what_is_proposed_fits_with_the_bytes_it_promises():
    asked, place = spec(), on(L4, 16e9)
    change = fit(asked, work(), place).change
    assert change
    _, key = change.key.split(".")
    after = fit(
        asked.model_copy(update={"training": asked.training.model_copy(update={key: change.value})}), work(), place
    )
    assert after.fits and after.need.gb == change.needed_gb


def test_open_values_are_chosen_so_that_it_fits():
    """As the worker does: fewer tokens at once first, checkpointing only where a single row would not fit."""
    roomy, narrow, tight = (setup_of(spec(), work(), "cuda", room) for room in (200e9, 30e9, 21e9))
    assert (roomy.tokens, roomy.checkpointing) == (8192, False)
    assert 1024 <= narrow.tokens < 8192 and not narrow.checkpointing
    assert (tight.tokens, tight.checkpointing) == (1024, True)
    assert setup_of(spec(packing=False), work(), "cuda", 200e9).tokens == 1024


def test_pairs_have_both_answers_in_memory():
    one, two = (least(spec(loss=loss), work(), "cuda") for loss in ("cross_entropy", "dpo"))
    assert (one.tokens, two.tokens) == (1024, 2048)
    assert one.longest == two.longest == 1024


def test_a_rented_gpu_that_cannot_hold_the_weights_is_refused():
    with pytest.raises(SpecError, match="weights alone are 42 GB") as caught:
        rented("NVIDIA L4", spec(), replace(work(), base=replace(LLAMA_8B, layers_weights=2 * 10**10)))
    assert caught.value.where == "compute.gpu"
    assert rented("NVIDIA L4", spec(), work()) == on(L4)
    assert rented("a GPU of next year", spec(), work()) is None


def test_words_and_json_tell_the_same():
    found = fit(spec(), work(), on(L4, 16e9))
    told, read = as_json(found), "\n".join(lines(found))
    assert told["fits"] is False and told["free_gb"] == 16 and told["change"]["value"] == "qlora"
    assert sum(told["parts"].values()) == pytest.approx(told["needed_gb"], abs=0.01)
    assert found.need.bytes == need(LLAMA_8B, setup_of(spec(), work(), "cuda", 16e9)).bytes
    assert "Set training.method: qlora" in read and "weights 16.1" in read
    assert memory_warning(fit(spec(), work(), on(H100))) == ""
