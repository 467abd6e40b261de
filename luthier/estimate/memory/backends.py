"""What each kind of machine needs besides tensors."""

from typing import NamedTuple

from luthier.estimate.memory.setup import BackendName


class Backend(NamedTuple):
    """Bytes: runtime of context, libraries and their workspaces; quantiser of bitsandbytes besides.

    lost: what the allocator holds and cannot use, as a share of all tensors. holes: what a forward pass leaves of it
    between the tensors that stay, as a share of the outputs of its linear layers. grown: what keys and values leave,
    as a share of them, since a longer one does not fit where the shorter one was.
    """

    runtime: float
    quantiser: float
    lost: float
    holes: float
    grown: float


MAPPED = 32 * 2**20
"""Bytes from which the C library asks the system for memory for a single tensor and gives it back: there are no holes
then (glibc's DEFAULT_MMAP_THRESHOLD_MAX)."""

BACKENDS: dict[BackendName, Backend] = {
    "cpu": Backend(runtime=100e6, quantiser=120e6, lost=0.0, holes=1.8, grown=0.5),
    "cuda": Backend(runtime=1.0e9, quantiser=0.0, lost=0.05, holes=0.0, grown=0.0),
    "mlx": Backend(runtime=0.2e9, quantiser=0.0, lost=0.05, holes=0.0, grown=0.0),
}
"""cpu: fitted on benchmarks/memory/measured/fitting.json. The C library cannot put an aligned tensor of a size into the
hole that one of this size left, so a matrix product's passing results are lost until their neighbours go, too.
Two old neighbours of keys and values make room for a new one: half of them are holes.

cuda, mlx: not measured. A CUDA context with cuBLAS and its workspaces is taken to need 1 GB."""
