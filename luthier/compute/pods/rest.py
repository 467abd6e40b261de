"""RunPod's REST API, version 2: on-demand pods, their logs, the catalogue. It has no spot pods, no terminateAfter, and
does not say why a pod ended."""

import time
from collections.abc import Sequence
from typing import Any

import httpx

from luthier.compute.pods import wire
from luthier.compute.pods.log_tail import log_tail
from luthier.compute.pods.port import MIN_CUDA, VOLUME_PATH, Pod, Quote, State, Wanted
from luthier.compute.pods.refusals import hidden, refusal
from luthier.errors import ApiWithdrawn, LuthierError

PATH = "/v2"

STATES: dict[str, State] = {
    "PROVISIONING": "starting",
    "STARTING": "starting",
    "RUNNING": "running",
    "EXITED": "ended",
    "ERROR": "ended",
    "TERMINATED": "ended",
}


class Rest:
    """PodProvider, for on-demand pods."""

    def create(self, wanted: Wanted) -> Pod:
        hide = list(wanted.env.values())
        response = self._send("POST", "/pods", rents=True, secrets=hide, json=_order(wanted))
        found = wire.value(response)
        if response.status_code == 201 and isinstance(found, dict) and "id" in found:
            return _pod(found)
        if response.is_success:
            raise wire.unanswered("its answer cannot be read", rents=True)
        raise _failure(response, hide)

    def get(self, pod_id: str) -> Pod | None:
        response = self._send("GET", f"/pods/{pod_id}")
        return None if _unknown(response) else _pod(_content(response))

    def list(self, prefix: str) -> Sequence[Pod]:
        pods = [_pod(found) for found in _content(self._send("GET", "/pods"))["pods"]]
        return [pod for pod in pods if pod.name.startswith(prefix) and pod.billed]

    def terminate(self, pod_id: str) -> bool:
        response = self._send("DELETE", f"/pods/{pod_id}")
        if response.is_success or _unknown(response):
            return response.is_success
        pod = self.get(pod_id) if response.status_code == 409 else None
        if pod and not pod.billed:  # it ended on its way here
            return True
        raise _failure(response)

    def logs(self, pod_id: str, tail: int) -> Sequence[str]:
        """Of the container; where that has none yet, of the system around it, which pulls the image."""
        return log_tail(pod_id, "container", tail) or log_tail(pod_id, "system", tail)

    def quote(self, gpu: str | None = None) -> Sequence[Quote]:
        question = {"include": "AVAILABILITY", "product": "POD", "count": 1}
        response = self._send("GET", "/catalog/gpus", keyless=True, params=question)
        found, now = _content(response)["gpus"], time.time()
        return [quote for entry in found if gpu in (None, entry["id"]) for quote in _quotes(entry, now)]

    def _send(self, method: str, path: str, keyless: bool = False, **request: Any) -> httpx.Response:
        key = wire.find_key() if keyless else wire.require_key()
        return wire.send(method, PATH + path, key, **request)


def _order(wanted: Wanted) -> dict[str, Any]:
    order: dict[str, Any] = {
        "name": wanted.name,
        "image": wanted.image,
        "gpu": {"id": wanted.gpu, "count": 1, "minCudaVersion": MIN_CUDA},
        "cloud": wanted.cloud,
        "disk": wanted.disk_gb,
        "env": wanted.env,
        "startSsh": False,
    }
    if wanted.volume:
        order["mounts"] = {"network": [{"volumeId": wanted.volume, "path": VOLUME_PATH}]}
    return order


def _unknown(response: httpx.Response) -> bool:
    """Whether the API itself says that it knows no such pod; a 404 of anybody else says that the API is gone."""
    told = wire.value(response)
    return response.status_code == 404 and isinstance(told, dict) and told.get("status") == 404


def _content(response: httpx.Response) -> Any:
    if not response.is_success:
        raise _failure(response)
    found = wire.value(response)
    if not isinstance(found, dict):
        raise wire.unanswered("its answer cannot be read", rents=False)
    return found


def _failure(response: httpx.Response, secrets: Sequence[str] = ()) -> LuthierError:
    if response.status_code in (404, 410):
        return _gone()
    return refusal(hidden(wire.words(response), [*secrets, wire.find_key() or ""]))


def _gone() -> ApiWithdrawn:
    return wire.withdrawn("its REST API v2")


def _pod(found: dict[str, Any]) -> Pod:
    status, runtime = found.get("status") or "", found.get("runtime") or {}
    return Pod(
        id=found["id"],
        name=found.get("name") or "",
        state=STATES.get(status, "starting"),
        usd_per_hour=found.get("cost"),
        uptime_s=runtime.get("uptime"),
        billed=status != "TERMINATED",
    )


def _quotes(found: dict[str, Any], now: float) -> list[Quote]:
    stock, prices = (found.get("availability") or "").lower(), found.get("price") or {}
    return [
        Quote(found["id"], found["memory"], cloud.upper(), prices[cloud], None, stock, now)
        for cloud in ("secure", "community")
        if prices.get(cloud)
    ]
