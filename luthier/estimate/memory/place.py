"""How much memory is free where a run is to be."""

from luthier.background.memory import most_gb
from luthier.errors import SpecError
from luthier.estimate.base_size import BaseSize
from luthier.estimate.gpus import GPUS
from luthier.estimate.memory.fit import Place
from luthier.estimate.memory.held import weight_bytes
from luthier.estimate.memory.of_spec import least
from luthier.estimate.memory.setup import BackendName
from luthier.estimate.work import Work
from luthier.models.engines import engine_here
from luthier.spec import RunSpec

HERE = "this machine"


def here(spec: RunSpec) -> Place:
    """This machine, with what is free on it right now and what `compute` lets a worker take of it."""
    backend, free = _free(spec)
    most = most_gb(spec.compute)
    return Place(HERE, backend, min(free, most * 1e9) if most and backend != "cuda" else free)


def _free(spec: RunSpec) -> tuple[BackendName, float]:
    if engine_here(spec.training) == "mlx":
        from luthier.training.mlx import measure as of_mlx

        return "mlx", of_mlx.free_memory()
    import torch

    from luthier.training import measure
    from luthier.training.hardware import device

    on = device()
    return "cuda" if on == "cuda" else "cpu", measure.free_memory(torch.device(on))


def rented(gpu: str, spec: RunSpec, work: Work) -> Place | None:
    """A rented machine; None where its GPU's memory is not known. Raises SpecError where weights alone are too many.

    Its GB are taken for 10⁹ bytes: makers mean some 7 % more, which a driver and its like may have.
    """
    if gpu not in GPUS:
        return None
    place, weights = Place(gpu, "cuda", GPUS[gpu].memory_gb * 1e9), _weights(work.base, spec, work)
    if weights <= place.room:
        return place
    raise SpecError(
        f"the model does not fit on {gpu}",
        f"Its weights alone are {weights / 1e9:.0f} GB, and the GPU has {GPUS[gpu].memory_gb} GB.",
        "Take a larger compute.gpu or leave it empty, set training.method: qlora, or take a smaller base.",
        "compute.gpu",
    )


def _weights(base: BaseSize, spec: RunSpec, work: Work) -> float:
    setup = least(spec, work, "cuda")
    return weight_bytes(base, setup) / setup.processes
