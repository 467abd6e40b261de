"""The simulated cloud as a rehearsal or a test holds it: start it, make things go wrong, ask what happened."""

import shutil
import tempfile
import threading
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from luthier.rehearsal.cloud import billing
from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.cloud.answers import Quota
from luthier.rehearsal.cloud.faults import Faults
from luthier.rehearsal.cloud.image import Image
from luthier.rehearsal.cloud.machines import Machines
from luthier.rehearsal.cloud.market import Market
from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.provider import Provider
from luthier.rehearsal.cloud.proxy import Proxy
from luthier.rehearsal.cloud.server import Server
from luthier.rehearsal.cloud.timing import Clock, Timing
from luthier.rehearsal.cloud.watch import Action, Condition, Watch

TICK_S = 0.01


class Cloud:
    """A context manager: inside it the API answers at `url`; afterwards no process and no file of it is left.

    images: what the names that pods ask for stand for. root: folder for disks and volumes, kept if given.
    `faults`, `market`, `account` and `timing` may be changed while it runs. Times in answers are in the cloud's
    seconds, `speed` times as fast as ours.
    """

    def __init__(
        self,
        images: Mapping[str, Image] | None = None,
        *,
        account: Account | None = None,
        market: Market | None = None,
        timing: Timing | None = None,
        speed: float = 1,
        calls_per_minute: int = 6000,
        root: Path | None = None,
        port: int = 0,
    ):
        self.account, self.market = account or Account(), market or Market()
        self.timing, self.clock, self.faults = timing or Timing(), Clock(speed), Faults()
        self._temporary = None if root else tempfile.mkdtemp(prefix="luthier-cloud-")
        self.root = (root or Path(str(self._temporary))).resolve()
        self.images = dict(images or {})
        self._machines = Machines(self.root, self.clock, self.timing, self.account, self.images)
        self.provider = Provider(self.clock, self.timing, self.market, self.account, self.faults, self._machines)
        self.quota = Quota(calls_per_minute)
        self._port = port
        self._watches: list[Watch] = []
        self._proxies: list[Proxy] = []
        self._closing = threading.Event()

    def __enter__(self) -> "Cloud":
        self._server = Server(self, self._port)
        self._machines.url = self.url
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        for watch in self._watches:
            watch.cancel()
        self._closing.set()
        self._ticker.join()
        self._server.stop()
        for pod in self.pods():
            self._machines.kill(pod)
        for proxy in self._proxies:
            proxy.close()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _tick(self) -> None:
        while not self._closing.wait(TICK_S):
            self.provider.tick()

    @property
    def url(self) -> str:
        """RUNPOD_API_BASE_URL: GraphQL at `/graphql`, REST at `/v2`."""
        return self._server.url

    # Making things go wrong

    def evict(self, pod_id: str, notice_s: float = 5, how: Literal["exit", "terminate"] = "exit") -> None:
        """Outbid. With notice its first process gets SIGTERM and so many seconds; with 0 all die unasked."""
        self.provider.outbid(self.pod(pod_id), notice_s, how)

    def vanish(self, pod_id: str) -> None:
        """Its host dies: every process is killed, and the API says RUNNING, without a runtime."""
        self.provider.vanish(self.pod(pod_id))

    def maintain(self, pod_id: str, notice_s: float = 0) -> None:
        """RunPod stops it, without saying why."""
        self.provider.stop(self.pod(pod_id), "Runpod", notice_s)

    def partition_api(self, on: bool = True) -> None:
        """While on, every call of the API, from home or from a pod, is cut off; pods go on running."""
        self._server.reachable = not on

    def proxy(self, host: str, port: int) -> Proxy:
        """A cable between pods and something else, the storage for one, that can be cut and mended."""
        self._proxies.append(Proxy(host, port))
        return self._proxies[-1]

    def watch(self, prefix: str, condition: Condition, action: Action | None = None) -> Watch:
        """Once `condition` holds for a live pod of such a name, do `action`: by default evict it without notice."""
        watch = Watch(self.provider, prefix, condition, action or (lambda pod: self.evict(pod.id, 0)))
        self._watches.append(watch)
        return watch

    # Asking what happened

    def pods(self) -> list[Pod]:
        """Every pod there ever was, oldest first."""
        return self.provider.everything()

    def pod(self, pod_id: str) -> Pod:
        return next(pod for pod in self.pods() if pod.id == pod_id)

    def running_pods(self, prefix: str = "") -> list[Pod]:
        """Those that cost a GPU's money now."""
        return [pod for pod in self.pods() if pod.live and pod.name.startswith(prefix)]

    def creates(self, name: str) -> int:
        """How many pods of this name there ever were."""
        return sum(pod.name == name for pod in self.pods())

    def overlaps(self, prefix: str) -> list[tuple[str, str]]:
        """Ids of pods, whose names begin with `prefix`, that were rented at the same time."""
        now = self.clock.now()
        pods = [pod for pod in self.pods() if pod.name.startswith(prefix)]
        return [(one.id, other.id) for one, other in combinations(pods, 2) if _together(one, other, now)]

    def disk_after_death(self, pod_id: str) -> Path:
        """The container disk of its last death, as the kill left it. Raises IndexError before there was any."""
        return self.pod(pod_id).graves[-1]

    def bill(self) -> dict[str, Any]:
        """`{total, pods: {id: {name, seconds, usd}}}` up to now."""
        return billing.bill(self.pods(), self.clock.now())

    def state(self) -> dict[str, Any]:
        """Everything above as JSON: `{pods: [{id, name, status, said, up, restarts, usd}], balance, total}`."""
        bill = self.bill()
        pods = [
            {
                "id": pod.id,
                "name": pod.name,
                "status": pod.status,
                "said": pod.said,
                "up": pod.up,
                "gone": pod.gone,
                "restarts": pod.restarts,
                "usd": bill["pods"][pod.id]["usd"],
            }
            for pod in self.pods()
        ]
        return {"pods": pods, "balance": self.provider.balance, "total": bill["total"]}


def _together(one: Pod, other: Pod, now: float) -> bool:
    return any(
        start < (stop or now) and begin < (end or now) for start, end in one.rented for begin, stop in other.rented
    )
