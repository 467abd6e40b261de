import yaml
from memory_tables import GUIDE, KNOWN, LARGEST, LENGTHS, on_gpu, rewritten

from luthier.estimate.base_size import size_of
from luthier.estimate.gpus import GPUS
from luthier.spec import RunSpec


def test_the_guide_tells_what_the_model_says():
    assert GUIDE.read_text() == rewritten(GUIDE.read_text()), "run: python tests/docs/memory_tables.py"


def test_llama_70b_fits_on_80_gb_with_qlora_only():
    base, room = size_of(KNOWN[LARGEST]), GPUS["NVIDIA A100-SXM4-80GB"].memory_gb
    assert on_gpu(base, "qlora", 4096, checkpointing=True).gb < room < on_gpu(base, "lora", 1024, True).gb
    assert on_gpu(base, "qlora", 4096, checkpointing=False).gb > room


def test_the_spec_for_it_is_the_one_that_was_computed():
    spec = RunSpec.model_validate(yaml.safe_load(GUIDE.read_text().split("```yaml\n")[1].split("```")[0]))
    training = spec.training
    assert (training.method, training.dtype, training.gradient_checkpointing) == ("qlora", "bfloat16", True)
    assert training.micro_batch_tokens == training.max_length == LENGTHS[-1]
    assert GPUS[spec.compute.gpu or ""].memory_gb == 80
