"""Carries out a plan of interruptions on the simulated cloud, one after the other, while a run goes on."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from luthier.compute.orders import Remote
from luthier.rehearsal.cloud import Cloud, Pod
from luthier.rehearsal.phases import Phase, phase_of, work_done
from luthier.rehearsal.plan import NOTICE_S, VANISHES, Strike, stage_of

LOOK_EVERY_S = 0.02
"""At disks that are read to know how far the work is; what lasts milliseconds is looked for all the time."""

BRIEF = ("saving", "uploading", "provisioning")


@dataclass(frozen=True)
class Hit:
    """A pod that was taken away: why, in which attempt (None: it had none yet), what it was really doing, and when.

    at: seconds since 1970.
    """

    planned: Strike
    pod: Pod
    attempt: int | None
    phase: Phase
    at: float


class Striker:
    """A context manager: strikes within the block, one after the other; `hits` tells those that came to pass.

    `after_each` is called after every strike.
    """

    def __init__(self, cloud: Cloud, remote: Remote, strikes: list[Strike], after_each: Callable[[], None]):
        self.cloud, self.remote, self.strikes, self.after_each = cloud, remote, strikes, after_each
        self.hits: list[Hit] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Striker":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _work(self) -> None:
        for strike in self.strikes:
            watch = self.cloud.watch("luthier-", _Moment(strike, self.hits), partial(self._hit, strike))
            while watch.wait(0.5) is None and not self.over.is_set():
                continue
            if self.over.is_set():
                watch.cancel()
                return
            self.after_each()

    def _hit(self, strike: Strike, pod: Pod) -> None:
        before, at = _phase(pod), time.time()
        if strike.how == VANISHES:
            self.cloud.vanish(pod.id)
        else:
            notice_s = NOTICE_S if strike.how == "outbid with notice" else 0
            self.cloud.evict(pod.id, notice_s, "terminate" if strike.how == "outbid and terminated" else "exit")
        really = phase_of(pod.graves[-1]) if pod.graves and before != "provisioning" else before
        self.hits.append(Hit(strike, pod, self._attempt(pod), really, at))

    def _attempt(self, pod: Pod) -> int | None:
        fence = self.remote.fence()
        return fence.attempt if fence and pod.name.endswith(f"-p{fence.pod}") else None


class _Moment:
    """Whether a pod, none that was hit before, is where the strike wants it; or past that, so that it is late."""

    def __init__(self, strike: Strike, hits: list[Hit]):
        self.strike, self.hit_before = strike, {hit.pod.name for hit in hits}
        self.looked = 0.0

    def __call__(self, pod: Pod) -> bool:
        now, wanted = time.monotonic(), self.strike.phase
        if pod.name in self.hit_before:
            return False
        if wanted in ("provisioning", "setup"):
            since = pod.created_at if wanted == "provisioning" else pod.ready_at
            return _phase(pod) == wanted and now - since >= self.strike.delay_s or _late(pod, wanted)
        if wanted not in BRIEF and now - self.looked < LOOK_EVERY_S:
            return False
        self.looked = now
        phase = _phase(pod)
        return (phase == wanted and work_done(pod.disk) >= self.strike.after) or _late(pod, wanted)


def _late(pod: Pod, wanted: Phase) -> bool:
    return stage_of(_phase(pod)) > stage_of(wanted)


def _phase(pod: Pod) -> Phase:
    return "provisioning" if pod.container is None else phase_of(pod.disk)
