import pytest

from luthier.compute.pods.port import Quote
from luthier.errors import PodCapacity, SpecError
from luthier.estimate.choose import choose_gpu, smallest_gpu
from luthier.estimate.gpus import GPUS


def quote(gpu: str, on_demand: float | None, spot: float | None = None, stock: str = "high") -> Quote:
    memory = GPUS[gpu].memory_gb if gpu in GPUS else 200
    return Quote(gpu, memory, "SECURE", on_demand, spot, stock, 0.0)


L4, A40, A100, H200 = "NVIDIA L4", "NVIDIA A40", "NVIDIA A100 80GB PCIe", "NVIDIA H200"


def test_the_cheapest_that_fits():
    offers = [quote(A100, 1.4), quote(L4, 0.4), quote(A40, 0.5), quote(H200, 3.6)]
    assert [choose_gpu(offers, need).gpu for need in (3, 30, 60, 100)] == [L4, A40, A100, H200]


def test_spot_counts_and_what_is_gone_does_not():
    offers = [quote(L4, 0.4), quote(A100, 1.4, spot=0.3), quote(A40, 0.1, stock="none"), quote("unknown", 0.01)]
    assert choose_gpu(offers, 10).gpu == A100
    assert choose_gpu([quote(L4, 0.4), quote(A40, 0.4)], 10).gpu == A40, "more memory for the same"


def test_too_big_is_not_the_same_as_not_free():
    with pytest.raises(SpecError, match="fits on no single GPU"):
        choose_gpu([quote(L4, 0.4)], 30)
    with pytest.raises(PodCapacity, match="free"):
        choose_gpu([quote(A40, None), quote(A100, 1.4, stock="none")], 30)
    with pytest.raises(SpecError):
        smallest_gpu(1000)
    assert GPUS[smallest_gpu(50)].memory_gb == 80
