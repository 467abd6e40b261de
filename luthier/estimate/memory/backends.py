"""What each kind of machine needs besides tensors."""

from typing import NamedTuple

from luthier.estimate.memory.setup import BackendName


class Backend(NamedTuple):
    """Bytes: imports of Python with all that is imported, where it is the same memory; runtime of context, kernels and
    their workspaces; quantiser of bitsandbytes besides.

    lost: what the allocator holds and cannot use, as a share of all tensors. holes: what a forward pass leaves of it
    between the tensors that stay, as a share of the outputs of its linear layers. grown: what keys and values leave,
    as a share of them, since a longer one does not fit where the shorter one was.
    """

    imports: float
    runtime: float
    quantiser: float
    lost: float
    holes: float
    grown: float


MAPPED = 32 * 2**20
"""Bytes from which the C library asks the system for memory for a single tensor and gives it back: there are no holes
then (glibc's DEFAULT_MMAP_THRESHOLD_MAX)."""

BACKENDS: dict[BackendName, Backend] = {
    "cpu": Backend(imports=550e6, runtime=100e6, quantiser=120e6, lost=0.0, holes=1.8, grown=0.5),
    "cuda": Backend(imports=0.0, runtime=1.0e9, quantiser=0.0, lost=0.05, holes=0.0, grown=0.0),
    "mlx": Backend(imports=550e6, runtime=0.2e9, quantiser=0.0, lost=0.25, holes=0.0, grown=0.0),
}
"""cpu: imports as VmRSS told before a model was loaded; the rest fitted on benchmarks/memory/measured/fitting.json. The
C library cannot put an aligned tensor into the hole that one of its size left, so a matrix product's passing results
are lost until their neighbours go, too. Two old neighbours of keys and values make room for a new one.

cuda: not measured. A context with cuBLAS and its workspaces is taken to need 1 GB. mlx: a single training, on a CPU,
had 27 % more than the terms (docs/memory.md); attention writes out its scores there."""
