"""GPUs and pods as GraphQL shows them."""

from typing import Any

from luthier.rehearsal.cloud.account import Volume
from luthier.rehearsal.cloud.market import Gpu, Market
from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.timing import date

MOST_GPUS = 8


def gpu_type(gpu: Gpu, market: Market) -> dict[str, Any]:
    """What is not given here, such as prices of longer terms, is null."""

    def lowest(_info: Any, input: dict[str, Any] | None = None) -> dict[str, Any]:
        return lowest_price(gpu, market, input or {})

    return {
        "id": gpu.id,
        "displayName": gpu.name,
        "manufacturer": "Nvidia",
        "memoryInGb": gpu.memory_gb,
        "maxGpuCount": MOST_GPUS,
        "secureCloud": gpu.secure is not None,
        "communityCloud": gpu.community is not None,
        "securePrice": gpu.secure,
        "communityPrice": gpu.community,
        "secureSpotPrice": gpu.secure_spot,
        "communitySpotPrice": gpu.community_spot,
        "lowestPrice": lowest,
    }


def lowest_price(gpu: Gpu, market: Market, wanted: dict[str, Any]) -> dict[str, Any]:
    """Of both clouds unless `secureCloud` says which; everything is null where nothing is free."""
    cloud = {True: "SECURE", False: "COMMUNITY", None: "ALL"}[wanted.get("secureCloud")]
    count = wanted.get("gpuCount") or 1
    spot = gpu.price(cloud, "spot") if market.has(gpu.id, "spot", count) else None  # type: ignore[arg-type]
    demand = gpu.price(cloud, "on_demand") if market.has(gpu.id, "on_demand", count) else None  # type: ignore[arg-type]
    stock = market.stock(gpu.id)
    return {
        "minimumBidPrice": spot,
        "uninterruptablePrice": demand,
        "stockStatus": None if stock == "none" else stock.capitalize(),
        "minVcpu": 8,
        "minMemory": 32,
        "maxUnreservedGpuCount": MOST_GPUS,
        "availableGpuCounts": list(range(1, MOST_GPUS + 1)),
    }


def pod(found: Pod, uptime: float | None, gpu: Gpu) -> dict[str, Any]:
    order = found.order
    return {
        "id": found.id,
        "name": order.name,
        "imageName": order.image,
        "dockerArgs": order.args,
        "dockerId": None,
        "env": [f"{name}={value}" for name, value in order.env.items()],
        "desiredStatus": found.status,
        "lastStatusChange": found.said,
        "createdAt": date(found.created),
        "costPerHr": found.usd_per_hour,
        "podType": "INTERRUPTABLE" if order.purchase == "spot" else "RESERVED",
        "gpuCount": order.count,
        "machineId": f"m-{found.id}",
        "machine": {
            "podHostId": f"{found.id}-64410000",
            "gpuDisplayName": gpu.name,
            "gpuTypeId": gpu.id,
            "location": "SIM",
        },
        "containerDiskInGb": order.disk_gb,
        "volumeInGb": order.volume_gb,
        "volumeMountPath": order.mount,
        "networkVolumeId": order.volume_id,
        "memoryInGb": 32,
        "vcpuCount": 8,
        "ports": ",".join(order.ports) or None,
        "uptimeSeconds": 0,
        "runtime": runtime(uptime, order.count),
    }


def runtime(uptime: float | None, gpus: int) -> dict[str, Any] | None:
    if uptime is None:
        return None
    busy = [{"id": f"GPU-{index}", "gpuUtilPercent": 90, "memoryUtilPercent": 50} for index in range(gpus)]
    return {
        "uptimeInSeconds": int(uptime),
        "ports": [],
        "gpus": busy,
        "container": {"cpuPercent": 50, "memoryPercent": 50},
    }


def volume(found: Volume) -> dict[str, Any]:
    return {"id": found.id, "name": found.name, "size": found.size_gb, "dataCenterId": found.data_center}
