"""The provider behind both protocols: rents pods out, takes them back, ends them."""

import threading
import time
import uuid
from typing import Literal

from luthier.rehearsal.cloud import billing, refusal
from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.cloud.faults import PODS, REFUSED, Faults
from luthier.rehearsal.cloud.logs import LogRing
from luthier.rehearsal.cloud.machines import Machines
from luthier.rehearsal.cloud.market import Market, host_full
from luthier.rehearsal.cloud.pod import Order, Pod, Status
from luthier.rehearsal.cloud.timing import Clock, Timing, spoken

Who = Literal["user", "Runpod"]


class Provider:
    """Every method may be called from any thread."""

    def __init__(
        self, clock: Clock, timing: Timing, market: Market, account: Account, faults: Faults, machines: Machines
    ):
        self.clock, self.timing = clock, timing
        self.market, self.account, self.faults, self.machines = market, account, faults, machines
        self.lock = threading.RLock()
        self._pods: dict[str, Pod] = {}

    # Asking

    def everything(self) -> list[Pod]:
        """Every pod there ever was, oldest first."""
        with self.lock:
            return list(self._pods.values())

    def shown(self) -> list[Pod]:
        """Those that the API shows now: not too new, not too long gone."""
        return [pod for pod in self.everything() if self._visible(pod)]

    def find(self, pod_id: str, message: str = "resource not found") -> Pod:
        """Raises Refusal (404)."""
        pod = self._pods.get(pod_id)
        if pod is None or not self._visible(pod):
            raise refusal.not_found(message)
        return pod

    def _visible(self, pod: Pod) -> bool:
        now = time.monotonic()
        if now < pod.created_at + self.timing.visibility_lag_s:
            return False
        return pod.ended_at is None or now < pod.ended_at + self.timing.linger_s

    def uptime(self, pod: Pod) -> float | None:
        """Seconds since its container began; None where no runtime is shown. A stopped pod shows it a while longer."""
        shown = pod.up if pod.live else time.monotonic() < pod.stale_until_at
        return self.clock.now() - pod.container_since if shown else None

    @property
    def balance(self) -> float:
        return self.account.balance - billing.bill(self.everything(), self.clock.now())["total"]

    # Renting

    def create(self, order: Order) -> Pod:
        """Raises Refusal: no such GPU, none free, the bid too low, not an hour's money left, a rule broken."""
        with self.lock:
            rate = self._accept(order)
            self.market.take(order.gpu, order.purchase, order.count)
            pod = self._new_pod(order, rate)
            self._befall(pod)
            self._pods[pod.id] = pod
            pod.logs.write("system", f"create container: still fetching image {order.image}")
            return pod

    def _accept(self, order: Order) -> float:
        """Dollars an hour of the whole pod."""
        if fault := self.faults.take(REFUSED, "create"):
            raise refusal.no_capacity() if fault.kind == "capacity" else refusal.no_balance()
        if order.volume_id and (self.account.volume(order.volume_id) is None or order.cloud == "COMMUNITY"):
            raise refusal.broken_rule("network volume not found, or not available in this cloud")
        rate = self.market.rate(order.gpu, order.cloud, order.purchase, order.bid) * order.count
        if self.balance < rate:
            raise refusal.no_balance()
        return rate

    def _new_pod(self, order: Order, rate: float) -> Pod:
        pod_id, now = uuid.uuid4().hex[:14], self.clock.now()
        return Pod(
            id=pod_id,
            order=order,
            usd_per_hour=rate,
            created=now,
            key=f"rpa_pod_{uuid.uuid4().hex}",
            disk=self.machines.disk(pod_id),
            logs=LogRing(self.clock),
            said=f"Rented by User: {spoken(now)}",
            rented=[(now, None)],
        )

    def _befall(self, pod: Pod) -> None:
        """Decide when its container will start, and whether it ever does."""
        if fault := self.faults.take(PODS, "create"):
            pod.fate = fault.kind  # type: ignore[assignment]  # one of PODS
        elif pod.order.image not in self.machines.images:
            pod.fate = "image_fails"
        pod.ready_at = pod.created_at + (self.timing.image_fails_s if pod.fate else self.timing.pull_s)

    def resume(self, pod: Pod) -> None:
        """Start a stopped pod on its old host, at its old price, with an empty container disk. Raises Refusal."""
        with self.lock:
            if pod.live or pod.gone or pod.container:
                raise refusal.wrong_state("the pod is not stopped")
            if pod.host_lost or not self.market.has(pod.order.gpu, pod.order.purchase, pod.order.count):
                raise host_full()
            self.market.take(pod.order.gpu, pod.order.purchase, pod.order.count)
            now = self.clock.now()
            pod.status, pod.said = "RUNNING", f"Rented by User: {spoken(now)}"
            pod.rented.append((now, None))
            pod.ready_at = time.monotonic() + self.timing.pull_s

    # Stopping and ending

    def stop(self, pod: Pod, who: Who = "user", notice_s: float | None = None) -> None:
        """It can be resumed; its volume stays."""
        with self.lock:
            self._halt(pod, "EXITED", f"Exited by {who}", self.timing.stop_grace_s if notice_s is None else notice_s)

    def terminate(self, pod: Pod, who: Who = "user") -> None:
        """As with RunPod the status becomes EXITED, and only the words tell; then the pod is not found any more."""
        with self.lock:
            self._halt(pod, "EXITED", f"Terminated by {who}", self.timing.stop_grace_s)
            self._end(pod)

    def outbid(self, pod: Pod, notice_s: float, how: Literal["exit", "terminate"]) -> None:
        """The status says so at once; the container is killed `notice_s` after its SIGTERM, or unasked."""
        with self.lock:
            self._halt(pod, "TERMINATED" if how == "terminate" else "EXITED", "Outbid", notice_s)
            if how == "terminate":
                self._end(pod)

    def vanish(self, pod: Pod) -> None:
        """The host dies: the container is gone, and the API goes on saying RUNNING, at the same price."""
        with self.lock:
            pod.host_lost = True
            self.machines.kill(pod)

    def restart(self, pod: Pod) -> None:
        """Its container ends and begins anew, on the same disk."""
        with self.lock:
            if pod.container:
                self.machines.restart(pod)

    def _halt(self, pod: Pod, status: Status, words: str, notice_s: float) -> None:
        self.machines.end(pod, notice_s)
        if pod.gone:
            return
        now = self.clock.now()
        if pod.live:
            pod.rented[-1] = (pod.rented[-1][0], now)
            pod.stale_until_at = time.monotonic() + self.timing.stale_s if pod.container_since else 0
            self.market.give_back(pod.order.gpu, pod.order.purchase, pod.order.count)
        pod.status, pod.said = status, f"{words}: {spoken(now)}"

    def _end(self, pod: Pod) -> None:
        if pod.ended is None:
            pod.ended, pod.ended_at = self.clock.now(), time.monotonic()

    # Time passing

    def tick(self) -> None:
        """Let happen what is due."""
        with self.lock:
            for pod in self._pods.values():
                if pod.live:
                    self._tick_live(pod)
                else:
                    self.machines.end_if_due(pod)
            if self.balance <= 0:
                self._take_all_back()

    def _tick_live(self, pod: Pod) -> None:
        now = self.clock.now()
        if pod.order.terminate_after and now >= pod.order.terminate_after:
            self.terminate(pod, "Runpod")
        elif pod.order.stop_after and now >= pod.order.stop_after:
            self.stop(pod, "Runpod")
        elif pod.host_lost or pod.fate == "never_ready":
            return
        elif pod.container and pod.container.over:
            self.machines.restart(pod)
        elif pod.container is None and time.monotonic() >= pod.ready_at:
            self._begin(pod)

    def _begin(self, pod: Pod) -> None:
        if pod.fate == "image_fails":
            pod.logs.write("system", f"error pulling image: {pod.order.image}")
            self.stop(pod, "Runpod")
        else:
            self.machines.start(pod)

    def _take_all_back(self) -> None:
        """The money is gone: pods stop, and those without a network volume end."""
        for pod in self._pods.values():
            if pod.live and pod.order.volume_id:
                self.stop(pod, "Runpod")
            elif pod.live:
                self.terminate(pod, "Runpod")
