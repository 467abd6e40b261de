"""Pods and GPUs as REST v2 shows them. It has no words on a pod's last change, and no machine."""

from typing import Any

from luthier.rehearsal.cloud.account import Volume
from luthier.rehearsal.cloud.graphql_shapes import MOST_GPUS
from luthier.rehearsal.cloud.market import Gpu, Market
from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.timing import date

ACTIONS = {
    "PROVISIONING": ["stop", "terminate"],
    "STARTING": ["stop", "terminate"],
    "RUNNING": ["stop", "restart", "terminate"],
    "EXITED": ["start", "terminate"],
    "TERMINATED": [],
}


def status(pod: Pod, uptime: float | None) -> str:
    """PROVISIONING until its container first starts, STARTING when it is missing later."""
    if pod.gone:
        return "TERMINATED"
    if not pod.live:
        return "EXITED"
    if uptime is not None:
        return "RUNNING"
    return "STARTING" if pod.container_since else "PROVISIONING"


def pod(found: Pod, uptime: float | None) -> dict[str, Any]:
    order, now = found.order, status(found, uptime)
    return {
        "id": found.id,
        "name": order.name,
        "status": now,
        "actions": ACTIONS[now],
        "image": order.image,
        "args": order.args,
        "disk": order.disk_gb,
        "mounts": mounts(found),
        "ports": list(order.ports),
        "env": dict(order.env),
        "registry": None,
        "gpu": {"id": order.gpu, "count": order.count},
        "cloud": "SECURE" if order.cloud == "ALL" else order.cloud,
        "dataCenterId": "EU-SIM-1",
        "cudaVersion": "12.8",
        "ssh": None,
        "template": None,
        "cost": found.usd_per_hour,
        "locked": False,
        "globalNetworking": False,
        "runtime": runtime(uptime, order.count),
        "createdAt": date(found.created),
        "startedAt": date(found.container_since) if found.container_since else None,
    }


def mounts(found: Pod) -> dict[str, Any]:
    order = found.order
    if order.volume_id:
        return {"network": [{"volumeId": order.volume_id, "path": order.mount}]}
    return {"persistent": {"size": order.volume_gb, "path": order.mount}} if order.volume_gb else {}


def runtime(uptime: float | None, gpus: int) -> dict[str, Any] | None:
    if uptime is None:
        return None
    busy = [{"util": 90, "memoryUtil": 50} for _ in range(gpus)]
    return {"uptime": int(uptime), "gpus": busy, "cpu": 50, "memory": 50, "ports": []}


def gpu(found: Gpu, market: Market, with_availability: bool) -> dict[str, Any]:
    shown = {
        "id": found.id,
        "name": found.name,
        "memory": found.memory_gb,
        "price": {"secure": found.secure, "community": found.community, "serverless": None},
        "maxCount": MOST_GPUS,
    }
    if not with_availability:
        return shown
    stock = market.stock(found.id).upper()
    return shown | {"availability": stock, "dataCenters": [{"id": "EU-SIM-1", "availability": stock}]}


def volume(found: Volume) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "size": found.size_gb,
        "dataCenter": found.data_center,
        "type": "STANDARD",
    }
