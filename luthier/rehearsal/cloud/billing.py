"""What pods cost, by the second, as RunPod's price page of 2026 has it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.timing import date

MONTH_S = 730 * 3600
DISK_USD_GB_MONTH = 0.10
STOPPED_VOLUME_USD_GB_MONTH = 0.20
HOUR_S, DAY_S = 3600, 86400


@dataclass(frozen=True)
class Cost:
    """Dollars; `seconds` for which the GPU was paid for."""

    seconds: float
    gpu: float
    disk: float

    @property
    def total(self) -> float:
        return self.gpu + self.disk


def cost(pod: Pod, since: float, until: float) -> Cost:
    """Of one pod between two moments of the cloud's time; from the rent on, the image's pull counted."""
    seconds = sum(_overlap(start, end, since, until) for start, end in pod.rented)
    kept = _overlap(pod.created, pod.ended, since, until) - seconds
    running = DISK_USD_GB_MONTH * (pod.order.disk_gb + pod.order.volume_gb) * seconds
    stopped = STOPPED_VOLUME_USD_GB_MONTH * pod.order.volume_gb * kept
    return Cost(seconds, pod.usd_per_hour * seconds / HOUR_S, (running + stopped) / MONTH_S)


def _overlap(start: float, end: float | None, since: float, until: float) -> float:
    return max(0.0, min(until if end is None else end, until) - max(start, since))


def bill(pods: Iterable[Pod], now: float) -> dict[str, Any]:
    """`{total, pods: {id: {name, seconds, usd}}}`, up to now."""
    costs = [(pod, cost(pod, 0, now)) for pod in pods]
    lines = {pod.id: {"name": pod.name, "seconds": due.seconds, "usd": due.total} for pod, due in costs}
    return {"total": sum(due.total for _, due in costs), "pods": lines}


def records(pods: Iterable[Pod], since: float, until: float, bucket_s: int) -> list[dict[str, Any]]:
    """REST's billing records: one a pod and bucket of time in which it cost anything."""
    found = []
    for pod in pods:
        start = since - since % bucket_s
        while start < until:
            due = cost(pod, start, min(start + bucket_s, until))
            if due.total:
                found.append(_record(pod, start, start + bucket_s, due))
            start += bucket_s
    return found


def _record(pod: Pod, start: float, end: float, due: Cost) -> dict[str, Any]:
    return {
        "startTime": date(start),
        "endTime": date(end),
        "podId": pod.id,
        "totalAmount": due.total,
        "gpuAmount": due.gpu,
        "cpuAmount": 0.0,
        "diskAmount": due.disk,
    }
