"""Which GPU to rent where `compute.gpu` is empty."""

from collections.abc import Sequence

from luthier.compute.pods.port import Quote
from luthier.errors import PodCapacity, SpecError
from luthier.estimate.gpus import GPUS


def choose_gpu(quotes: Sequence[Quote], need_gb: float) -> Quote:
    """The cheapest offer, on-demand or spot, that the model fits on; of equal ones that with more memory.

    Only GPUs whose speed is known (gpus.py) are chosen. need_gb: GB, as memory.need tells it.
    Raises SpecError when the model fits on no GPU, PodCapacity when on none that is free today.
    """
    fitting = [quote for quote in quotes if quote.gpu in GPUS and quote.memory_gb >= need_gb]
    free = [quote for quote in fitting if _asked(quote) is not None and quote.stock != "none"]
    if free:
        return min(free, key=lambda quote: (_asked(quote), -quote.memory_gb, quote.gpu))
    if fitting:
        raise PodCapacity(
            "no GPU that the model fits on is free now",
            f"It needs {need_gb:.0f} GB.",
            "Try again later, name another compute.gpu, or set pod_cloud: COMMUNITY in luthier.toml.",
            "compute.gpu",
        )
    raise _too_big(need_gb)


def smallest_gpu(need_gb: float) -> str:
    """The smallest GPU the model fits on, for an estimate without prices. Raises SpecError when there is none."""
    fitting = [name for name, gpu in GPUS.items() if gpu.memory_gb >= need_gb]
    if not fitting:
        raise _too_big(need_gb)
    return min(fitting, key=lambda name: GPUS[name].memory_gb)


def _asked(quote: Quote) -> float | None:
    return min((price for price in (quote.on_demand_usd, quote.spot_usd) if price is not None), default=None)


def _too_big(need_gb: float) -> SpecError:
    return SpecError(
        "the model fits on no single GPU that is offered",
        f"It needs {need_gb:.0f} GB as docs/memory.md counts it.",
        "Set training.method: qlora, lower training.max_length, or take a smaller base.",
        "compute.gpu",
    )
