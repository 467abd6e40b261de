"""GPUs on offer: prices, and how many are free."""

from dataclasses import dataclass
from typing import Literal

from luthier.rehearsal.cloud.refusal import Refusal, broken_rule, no_capacity

Purchase = Literal["spot", "on_demand"]
CloudType = Literal["SECURE", "COMMUNITY", "ALL"]


@dataclass(frozen=True)
class Gpu:
    """A kind of GPU; prices in dollars an hour, None where it is not offered."""

    id: str
    name: str
    memory_gb: int
    secure: float | None
    community: float | None
    secure_spot: float | None = None
    community_spot: float | None = None

    def price(self, cloud: CloudType, purchase: Purchase) -> float | None:
        """An hour's price; for `ALL` the lower one."""
        spot = purchase == "spot"
        secure = self.secure_spot if spot else self.secure
        community = self.community_spot if spot else self.community
        wanted = {"SECURE": [secure], "COMMUNITY": [community], "ALL": [secure, community]}[cloud]
        return min((price for price in wanted if price is not None), default=None)


CATALOGUE = (
    Gpu("NVIDIA GeForce RTX 4090", "RTX 4090", 24, 0.69, 0.34, 0.35, 0.22),
    Gpu("NVIDIA L40S", "L40S", 48, 0.99, 0.79, 0.50, 0.34),
    Gpu("NVIDIA A100 80GB PCIe", "A100 PCIe", 80, 1.39, 1.19, 0.79, 0.59),
    Gpu("NVIDIA H100 PCIe", "H100 PCIe", 80, 2.89, 1.99, 1.45, 0.99),
    Gpu("NVIDIA H100 80GB HBM3", "H100 SXM", 80, 3.99, 2.69, 1.99, 1.35),
)
"""Prices near those listed in 2026 (on demand) and invented ones near half of them (spot); none is a promise."""


class Market:
    """Keeps `free[(gpu id, purchase)]`: how many are left, None (or no entry) for any number."""

    def __init__(self, gpus: tuple[Gpu, ...] = CATALOGUE):
        self.gpus = {gpu.id: gpu for gpu in gpus}
        self.free: dict[tuple[str, Purchase], int | None] = {}

    def rate(self, gpu_id: str, cloud: CloudType, purchase: Purchase, bid: float | None) -> float:
        """What one GPU will cost an hour: the list price, or the bid.

        That a winning bid is what is paid is an assumption. Raises Refusal for an unknown GPU and for a bid below the
        least one, with the words for want of capacity: the real ones are not known.
        """
        gpu = self.gpus.get(gpu_id)
        price = gpu.price(cloud, purchase) if gpu else None
        if price is None or (bid is not None and bid < price):
            raise no_capacity()
        return price if bid is None else bid

    def take(self, gpu_id: str, purchase: Purchase, count: int) -> None:
        """Raises Refusal when so many are not free."""
        if not self.has(gpu_id, purchase, count):
            raise no_capacity()
        self.give_back(gpu_id, purchase, -count)

    def has(self, gpu_id: str, purchase: Purchase, count: int) -> bool:
        free = self.free.get((gpu_id, purchase))
        return free is None or free >= count

    def give_back(self, gpu_id: str, purchase: Purchase, count: int) -> None:
        free = self.free.get((gpu_id, purchase))
        if free is not None:
            self.free[gpu_id, purchase] = free + count

    def stock(self, gpu_id: str) -> str:
        """none, low, medium or high, of those on demand: GraphQL and REST spell it their own ways."""
        free = self.free.get((gpu_id, "on_demand"))
        if free is None:
            return "high"
        return "none" if free == 0 else "low" if free < 3 else "medium"


def host_full() -> Refusal:
    """A stopped pod is bound to its host, and somebody else has its GPU."""
    return broken_rule("There are not enough free GPUs on the host machine to start this pod.")
