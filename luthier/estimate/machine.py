"""The machine that an estimate is for: what it could compute, which share of it is used, and what was measured."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from luthier.estimate.gpus import GPUS
from luthier.estimate.ranges import Range


class Speed(NamedTuple):
    """A measured speed in tokens per second; the next one lies within a share of `spread` of it."""

    value: float
    spread: float
    basis: str

    def seconds(self, tokens: float) -> Range:
        return Range.exactly(tokens).over(Range.around(self.value, self.spread))


class Speeds(NamedTuple):
    """None where nothing was measured.

    answering, and answering_tuned with the adapter: answers × the most tokens that one may have, per second. The
    longest answer of a batch decides when it is done, and it mostly is as long as it may be.
    """

    training: Speed | None = None
    reading: Speed | None = None
    answering: Speed | None = None
    answering_tuned: Speed | None = None


class Prior(NamedTuple):
    """What is assumed where nothing was measured.

    training, reading, answering: share of the peak FLOPs that such work reaches. layer_step_s: the least time of a
    layer's forward and backward pass; layer_token_s: of a forward pass for the next token. start_s: of a worker, from
    the start of its process to its first step. at_once: tokens of a micro-batch.
    """

    training: Range
    reading: Range
    answering: Range
    layer_step_s: Range
    layer_token_s: Range
    start_s: Range
    at_once: int


ON_GPU = Prior(
    training=Range(0.1, 0.25, 0.45),
    reading=Range(0.1, 0.3, 0.55),
    answering=Range(0.05, 0.15, 0.4),
    layer_step_s=Range(0.001, 0.0025, 0.006),
    layer_token_s=Range(0.0003, 0.0007, 0.002),
    start_s=Range(8, 20, 60),
    at_once=8192,
)
"""No GPU was at hand. Full trainings of large models reach 21 to 46 % of the peak (Chowdhery et al. 2022, PaLM, table
3); LoRA on short rows less. Small models wait for the launches of some ten kernels a layer, 5 to 10 µs each."""

ON_CPU = Prior(
    training=Range(0.2, 0.35, 0.6),
    reading=Range(0.3, 0.55, 0.9),
    answering=Range(0.06, 0.15, 0.3),
    layer_step_s=Range.exactly(0),
    layer_token_s=Range.exactly(0),
    start_s=Range(3, 5, 12),
    at_once=1024,
)
"""Shares of its matrix products that SmolLM2-135M reached on one kind of CPU (docs/performance.md), widened."""

BANDWIDTH_REACHED = Range(0.4, 0.6, 0.85)
CPU_BYTES_PER_S = Range(8e9, 20e9, 80e9)
"""Assumed: two to eight channels of DDR4 or DDR5."""

WIDTH, HEIGHT, TOKENS, TRIES = 1024, 3072, 512, 10
"""A matrix product as small models have them."""


@dataclass(frozen=True)
class Machine:
    """flops and bytes_per_s: what its matrix units and its memory do at most, per second."""

    name: str
    rented: bool
    flops: Range
    bytes_per_s: Range
    prior: Prior
    measured: Speeds = Speeds()


def rented_gpu(name: str) -> Machine:
    """A rented machine with this GPU; of one that is not in the table only the table's extremes are known."""
    return _with_gpu(name, name, rented=True)


def this_machine(threads: int | None, element_bytes: int) -> Machine:
    """The machine at hand: its GPU by name, else what its CPU's matrix products were just measured to do."""
    if gpu := _own_gpu():
        return _with_gpu(f"this machine, {gpu}", gpu, rented=False)
    used = threads or os.cpu_count() or 1
    flops = Range.around(_flops_of_a_thread(element_bytes) * used, 0.1)
    return Machine(f"this machine, {used} CPU threads", False, flops, CPU_BYTES_PER_S, ON_CPU)


def _with_gpu(shown: str, gpu: str, rented: bool) -> Machine:
    possible = [GPUS[gpu]] if gpu in GPUS else list(GPUS.values())
    flops = _between([each.tflops * 1e12 for each in possible])
    bytes_per_s = _between([each.gb_per_s * 1e9 for each in possible])
    return Machine(shown, rented, flops, bytes_per_s * BANDWIDTH_REACHED, ON_GPU)


def _between(values: list[float]) -> Range:
    return Range(min(values), (min(values) * max(values)) ** 0.5, max(values))


def _own_gpu() -> str | None:
    tool = shutil.which("nvidia-smi")
    if not tool:
        return None
    told = subprocess.run([tool, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True)
    return told.stdout.splitlines()[0].strip() if told.returncode == 0 and told.stdout.strip() else None


def _flops_of_a_thread(element_bytes: int) -> float:
    """Its matrix products, per CPU second, so that other processes hardly matter."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        dtype = torch.bfloat16 if element_bytes == 2 else torch.float32
        rows, matrix = torch.ones(TOKENS, WIDTH, dtype=dtype), torch.ones(WIDTH, HEIGHT, dtype=dtype)
        return 2 * TOKENS * WIDTH * HEIGHT / min(_cpu_seconds(lambda: rows @ matrix) for _ in range(TRIES))
    finally:
        torch.set_num_threads(threads)


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
