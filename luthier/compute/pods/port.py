"""What Luthier asks of whoever rents out machines: six calls, and what they give."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

State = Literal["starting", "running", "ended"]
"""starting: rented, the container is not up yet; ended: its container stopped and will not come back by itself."""

Purchase = Literal["spot", "on_demand"]

VOLUME_PATH = "/workspace"
"""Where a network volume is found in the pod."""

MIN_CUDA = "13.0"
"""What a host's driver must know: torch's wheels since 2.11 are built with it. An older host fails with "OCI runtime
create failed" after the rent has begun."""


@dataclass(frozen=True)
class Wanted:
    """A pod to rent. Its `name` is the only handle that survives a lost answer.

    max_usd_per_hour: of the whole pod; the bid for a spot one. end_after: when the provider itself is to end the pod,
    where it can. env holds references to secrets, never secrets.
    """

    name: str
    image: str
    gpu: str
    purchase: Purchase
    max_usd_per_hour: float
    env: dict[str, str] = field(repr=False)
    disk_gb: int = 40
    volume: str | None = None
    cloud: Literal["SECURE", "COMMUNITY"] = "SECURE"
    end_after: datetime | None = None


@dataclass(frozen=True)
class Pod:
    """A pod as the provider sees it now.

    said: the provider's own words on its last change, empty if it has none. uptime_s: of the container, None where it
    is not told. billed: False once it is terminated, as the provider may go on showing it for a while.
    """

    id: str
    name: str
    state: State
    said: str = ""
    usd_per_hour: float | None = None
    uptime_s: float | None = None
    billed: bool = True


@dataclass(frozen=True)
class Quote:
    """What one GPU costs an hour, in dollars; None where it is not offered. `stock`: none, low, medium, high, or ""."""

    gpu: str
    memory_gb: int
    cloud: str
    on_demand_usd: float | None
    spot_usd: float | None
    stock: str
    time: float


class PodProvider(Protocol):
    """Every call raises ProviderUnavailable (try again), ProviderDenied or ProviderRefused (do not).

    ApiWithdrawn, a ProviderRefused, means that the API called is no more.
    """

    def create(self, wanted: Wanted) -> Pod:
        """Rent a pod. Also raises PodCapacity, NoBalance, and CreateOutcomeUnknown: then look for its name first."""
        ...

    def get(self, pod_id: str) -> Pod | None:
        """The pod, or None when the provider does not know it (any more, or yet)."""
        ...

    def list(self, prefix: str) -> Sequence[Pod]:
        """Every pod of the account whose name begins with `prefix` and that costs money."""
        ...

    def terminate(self, pod_id: str) -> bool:
        """End a pod and its bill. False where the provider does not know it: it is gone, or too new to be seen."""
        ...

    def logs(self, pod_id: str, tail: int) -> Sequence[str]:
        """The last lines of its container, oldest first; empty where the provider keeps none."""
        ...

    def quote(self, gpu: str | None = None) -> Sequence[Quote]:
        """Today's prices, of one GPU or of all. Needs no key where the provider asks none."""
        ...
