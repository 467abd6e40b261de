"""A pod: what was ordered, and what became of it."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from luthier.rehearsal.cloud.container import Container
from luthier.rehearsal.cloud.logs import LogRing
from luthier.rehearsal.cloud.market import CloudType, Purchase

Status = Literal["RUNNING", "EXITED", "TERMINATED"]
Fate = Literal["", "never_ready", "image_fails"]


@dataclass(frozen=True)
class Order:
    """A create call of either protocol. bid: dollars an hour for each GPU; times in the cloud's seconds."""

    name: str
    image: str
    gpu: str
    count: int = 1
    purchase: Purchase = "on_demand"
    bid: float | None = None
    cloud: CloudType = "SECURE"
    env: dict[str, str] = field(default_factory=dict, repr=False)
    args: str = ""
    disk_gb: int = 10
    volume_gb: int = 0
    volume_id: str | None = None
    mount: str = "/workspace"
    ports: tuple[str, ...] = ()
    stop_after: float | None = None
    terminate_after: float | None = None


@dataclass
class Pod:
    """`status` is what is desired, as with RunPod: the container follows.

    Times are the cloud's seconds, `…_at` this machine's monotonic ones. rented: the periods for which its GPU is
    paid for, the last one open (None) while it is. disk: the container's; when the pod stops it is moved away, to
    `graves`. restarts: how often its container began anew.
    """

    id: str
    order: Order
    usd_per_hour: float
    created: float
    key: str = field(repr=False)
    disk: Path
    logs: LogRing = field(repr=False)
    said: str
    status: Status = "RUNNING"
    fate: Fate = ""
    rented: list[tuple[float, float | None]] = field(default_factory=list)
    container: Container | None = None
    container_since: float = 0
    restarts: int = 0
    host_lost: bool = False
    ended: float | None = None
    graves: list[Path] = field(default_factory=list)
    created_at: float = field(default_factory=time.monotonic)
    ready_at: float = 0
    kill_at: float | None = None
    ended_at: float | None = None
    stale_until_at: float = 0

    @property
    def name(self) -> str:
        return self.order.name

    @property
    def up(self) -> bool:
        """Its container runs."""
        return self.container is not None and not self.container.over

    @property
    def gone(self) -> bool:
        """Terminated: it will not be found much longer."""
        return self.ended is not None

    @property
    def live(self) -> bool:
        """It costs a GPU's money now."""
        return self.status == "RUNNING"
