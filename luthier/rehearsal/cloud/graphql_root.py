"""What each query and mutation of the schema does."""

from typing import Any

from luthier.rehearsal.cloud import graphql_shapes as shapes
from luthier.rehearsal.cloud import refusal
from luthier.rehearsal.cloud.account import Caller
from luthier.rehearsal.cloud.faults import Operation
from luthier.rehearsal.cloud.pod import Order, Pod
from luthier.rehearsal.cloud.provider import Provider
from luthier.rehearsal.cloud.refusal import Refusal
from luthier.rehearsal.cloud.timing import moment


class Root:
    """The schema's queries and mutations, one method each, under the schema's own names; they raise Refusal."""

    def __init__(self, provider: Provider, caller: Caller):
        self.provider, self.caller = provider, caller

    def _permit(self, operation: Operation, pod_id: str | None = None) -> None:
        self.provider.account.permit(self.caller, operation, pod_id)

    def _shown(self, pod: Pod) -> dict[str, Any]:
        return shapes.pod(pod, self.provider.uptime(pod), self.provider.market.gpus[pod.order.gpu])

    def gpuTypes(self, _info: Any, input: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        self._permit("quote")
        ids = (input or {}).get("ids") or [(input or {}).get("id")]
        market = self.provider.market
        return [shapes.gpu_type(gpu, market) for gpu in market.gpus.values() if ids == [None] or gpu.id in ids]

    def myself(self, _info: Any) -> dict[str, Any]:
        self._permit("account")
        pods = self.provider.shown()
        return {
            "id": "user_simulated",
            "pubKey": None,
            "clientBalance": self.provider.balance,
            "currentSpendPerHr": sum(pod.usd_per_hour for pod in pods if pod.live),
            "pods": [self._shown(pod) for pod in pods if not pod.gone],
            "networkVolumes": [shapes.volume(volume) for volume in self.provider.account.volumes],
        }

    def pod(self, _info: Any, input: dict[str, Any] | None = None) -> dict[str, Any] | None:
        pod_id = (input or {}).get("podId") or ""
        self._permit("get", pod_id)
        try:
            return self._shown(self.provider.find(pod_id))
        except Refusal:
            return None

    def podFindAndDeployOnDemand(self, _info: Any, input: dict[str, Any] | None = None) -> dict[str, Any]:
        self._permit("create")
        return self._shown(self.provider.create(order_of(input or {}, spot=False)))

    def podRentInterruptable(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:
        self._permit("create")
        return self._shown(self.provider.create(order_of(input, spot=True)))

    def podResume(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:
        self._permit("resume", input["podId"])
        pod = self.provider.find(input["podId"])
        if pod.order.purchase == "spot":
            raise refusal.broken_rule("Cannot resume a spot pod as an on demand pod.")
        self.provider.resume(pod)
        return self._shown(pod)

    def podBidResume(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:
        self._permit("resume", input["podId"])
        pod = self.provider.find(input["podId"])
        self.provider.resume(pod)
        return self._shown(pod)

    def podStop(self, _info: Any, input: dict[str, Any]) -> dict[str, Any]:
        self._permit("stop", input["podId"])
        pod = self.provider.find(input["podId"], "pod not found to stop")
        self.provider.stop(pod)
        return self._shown(pod)

    def podTerminate(self, _info: Any, input: dict[str, Any]) -> None:
        self._permit("terminate", input["podId"])
        self.provider.terminate(self.provider.find(input["podId"], "pod not found to terminate"))


def order_of(given: dict[str, Any], spot: bool) -> Order:
    """Raises Refusal where something needed is missing."""
    missing = [name for name in ("name", "imageName", "gpuTypeId") if not given.get(name)]
    if missing or (spot and not given.get("bidPerGpu")):
        raise refusal.broken_rule(f"missing: {', '.join(missing) or 'bidPerGpu'}")
    return Order(
        name=given["name"],
        image=given["imageName"],
        gpu=given["gpuTypeId"],
        count=given.get("gpuCount") or 1,
        purchase="spot" if spot else "on_demand",
        bid=given["bidPerGpu"] if spot else None,
        cloud=given.get("cloudType") or "ALL",
        env={pair["key"]: pair["value"] for pair in given.get("env") or []},
        args=given.get("dockerArgs") or "",
        disk_gb=given.get("containerDiskInGb") or 10,
        volume_gb=given.get("volumeInGb") or 0,
        volume_id=given.get("networkVolumeId"),
        mount=given.get("volumeMountPath") or "/workspace",
        ports=tuple((given.get("ports") or "").split(",")) if given.get("ports") else (),
        stop_after=_moment(given.get("stopAfter")),
        terminate_after=_moment(given.get("terminateAfter")),
    )


def _moment(text: str | None) -> float | None:
    try:
        return moment(text) if text else None
    except ValueError:
        raise refusal.broken_rule(f"not a date: {text}") from None
