"""The work of the demo on SmolLM2-135M, whose times docs/performance.md tells."""

from luthier.estimate.base_size import size_of
from luthier.estimate.machine import ON_CPU, Machine
from luthier.estimate.ranges import Range
from luthier.estimate.work import Asking, Work

SMOLLM2 = size_of({
    "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "num_attention_heads": 9,
    "num_key_value_heads": 3, "vocab_size": 49_152, "tie_word_embeddings": True,
})  # fmt: skip
ROW, NEW = 52.9, Range(15.3, 31.6, 48)


def asking(name: str, answers: int, shots: int = 0, tuned: bool = False) -> Asking:
    return Asking(name, answers, 37.6, shots * ROW, NEW, 48, answers * ROW + shots * ROW, tuned)


def demo_work() -> Work:
    return Work(
        base=SMOLLM2, method="lora", paired=False, element_bytes=2, trained=SMOLLM2.adapter(16), steps=186,
        tokens=77_400, compared=0, learned=0.2885, row=ROW, rows=496, longest=106, save_every=31, looks=6,
        look_tokens=4_609,
        samples=asking("samples", 3),
        baseline=(asking("base", 120), asking("2", 24, 2), asking("4", 24, 4), asking("few-shot", 120, 4)),
        evaluation=(asking("base again", 0), asking("tuned", 120, tuned=True)),
    )  # fmt: skip


def cpu(gflops: float, threads: int) -> Machine:
    """The machine of docs/performance.md: matrix products per CPU second of a thread, as told there."""
    flops = Range.exactly(gflops * 1e9 * threads)
    return Machine(f"this machine, {threads} CPU threads", False, flops, Range(8e9, 20e9, 80e9), ON_CPU)
