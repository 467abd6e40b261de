from memory_tables import GUIDE, KNOWN, LARGEST, on_gpu, rewritten

from luthier.estimate.base_size import size_of
from luthier.estimate.gpus import GPUS


def test_the_guide_tells_what_the_model_says():
    assert GUIDE.read_text() == rewritten(GUIDE.read_text()), "run: python tests/docs/memory_tables.py"


def test_llama_70b_fits_on_80_gb_with_qlora_only():
    base, room = size_of(KNOWN[LARGEST]), GPUS["NVIDIA A100-SXM4-80GB"].memory_gb
    assert on_gpu(base, "qlora", 4096, checkpointing=True).gb < room < on_gpu(base, "lora", 1024, True).gb
    assert on_gpu(base, "qlora", 4096, checkpointing=False).gb > room
