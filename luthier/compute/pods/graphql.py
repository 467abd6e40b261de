"""RunPod's GraphQL API: the only one that rents spot pods, and the only one that says why a pod ended.

Reading and terminating are the `runpod` package's own calls. Renting is not: its create_pod knows no bid and no
terminateAfter, and pastes values, secrets among them, into the text of the query. Here they travel as variables.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

from luthier.compute.pods import wire
from luthier.compute.pods.port import MIN_CUDA, VOLUME_PATH, Pod, Quote, State, Wanted
from luthier.compute.pods.refusals import denied, hidden, refusal
from luthier.compute.pods.sdk import sdk
from luthier.errors import ApiWithdrawn, LuthierError, NoBalance, ProviderDenied

PATH = "/graphql"

RENT = {
    "spot": ("podRentInterruptable", "PodRentInterruptableInput"),
    "on_demand": ("podFindAndDeployOnDemand", "PodFindAndDeployOnDemandInput"),
}

RENTED = "id name desiredStatus lastStatusChange costPerHr"

LOOK = """
query Pod {
  pod(input: {podId: "%s"}) {
    id name desiredStatus lastStatusChange costPerHr runtime { uptimeInSeconds }
  }
}
"""
"""The package's own query for a pod leaves out when its container began, by which a crash loop is seen."""

LOWEST = "minimumBidPrice uninterruptablePrice stockStatus"
PRICES = f"""
query Prices {{
  gpuTypes {{
    id memoryInGb securePrice communityPrice secureSpotPrice communitySpotPrice
    secure: lowestPrice(input: {{gpuCount: 1, secureCloud: true}}) {{ {LOWEST} }}
    community: lowestPrice(input: {{gpuCount: 1, secureCloud: false}}) {{ {LOWEST} }}
  }}
}}
"""

STATES: dict[str, State] = {"EXITED": "ended", "PAUSED": "ended", "DEAD": "ended", "TERMINATED": "ended"}
"""Of `desiredStatus`. `runtime` counts only beside RUNNING: an exited pod goes on showing its old one for a while."""

INTERNAL = ("INTERNAL_SERVER_ERROR", "something went wrong", "internal server error", "timed out")


class GraphQL:
    """PodProvider, without logs."""

    def create(self, wanted: Wanted) -> Pod:
        field, kind = RENT[wanted.purchase]
        query = f"mutation Rent($input: {kind}!) {{ {field}(input: $input) {{ {RENTED} }} }}"
        key, hide = wire.require_key(), list(wanted.env.values())
        order = {"query": query, "variables": {"input": self._order(wanted)}}
        response = wire.send("POST", PATH, key, rents=True, secrets=hide, json=order)
        return _rented(response, field, [*hide, key])

    def get(self, pod_id: str) -> Pod | None:
        found = self._sdk(lambda _: _ask(LOOK % pod_id)["pod"])
        return _pod(found) if found else None

    def list(self, prefix: str) -> Sequence[Pod]:
        pods = [_pod(found) for found in self._sdk(lambda runpod: runpod.get_pods())]
        return [pod for pod in pods if pod.name.startswith(prefix) and pod.billed]

    def terminate(self, pod_id: str) -> bool:
        try:
            self._sdk(lambda _: _terminate(pod_id))
        except LuthierError as error:
            if "not found" in error.why.lower():
                return False
            raise
        return True

    def quote(self, gpu: str | None = None) -> Sequence[Quote]:
        response = wire.send("POST", PATH, wire.find_key(), json={"query": PRICES})
        data = (wire.value(response) or {}).get("data") or {}
        if not isinstance(data.get("gpuTypes"), list):
            raise _failure(response, "gpuTypes", [], rents=False)
        found, now = data["gpuTypes"], time.time()
        return [quote for entry in found if gpu in (None, entry["id"]) for quote in _quotes(entry, now)]

    def _order(self, wanted: Wanted) -> dict[str, Any]:
        order: dict[str, Any] = {
            "name": wanted.name,
            "imageName": wanted.image,
            "gpuTypeId": wanted.gpu,
            "gpuCount": 1,
            "cloudType": wanted.cloud,
            "containerDiskInGb": wanted.disk_gb,
            "volumeInGb": 0,
            "minCudaVersion": MIN_CUDA,
            "supportPublicIp": False,
            "startSsh": False,
            "env": [{"key": name, "value": value} for name, value in wanted.env.items()],
        }
        if wanted.purchase == "spot":
            order["bidPerGpu"] = wanted.max_usd_per_hour
        if wanted.end_after:
            order["terminateAfter"] = wanted.end_after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if wanted.volume:
            order |= {"networkVolumeId": wanted.volume, "volumeMountPath": VOLUME_PATH}
            order["dataCenterId"] = self._data_center(wanted.volume)
        return order

    def _data_center(self, volume: str) -> str | None:
        """A pod can only be where its volume is."""
        volumes = self._sdk(lambda runpod: runpod.get_user())["networkVolumes"] or []
        return next((found["dataCenterId"] for found in volumes if found["id"] == volume), None)

    def _sdk(self, call: Callable[[Any], Any]) -> Any:
        """What a call of the runpod package gives. Its errors carry the query's text, so none of them goes further."""
        runpod = sdk()
        import requests
        from runpod.error import AuthenticationError, QueryError

        runpod.api_key = wire.require_key()
        try:
            return call(runpod)
        except AuthenticationError:
            failure: LuthierError = denied("Unauthorized")
        except QueryError as error:
            failure = _unread(hidden(error.message or "", [runpod.api_key]))
        except (requests.ConnectionError, requests.Timeout) as error:
            failure = wire.unanswered(f"it cannot be reached ({type(error).__name__})", rents=False)
        except (KeyError, TypeError, ValueError):  # 429, 5xx, a page of HTML: the package looks at no status but 401
            failure = _why_unreadable()
        raise failure


def _unread(said: str) -> LuthierError:
    """Why a pod could not be read or ended: whatever is no clear no may pass, and REST may know more."""
    failure = refusal(said)
    clear = isinstance(failure, ProviderDenied | NoBalance) or "not found" in said.lower()
    return failure if clear else wire.unanswered(f'it says "{said}"', rents=False)


def _ask(query: str) -> dict[str, Any]:
    from runpod.api.graphql import run_graphql_query

    return run_graphql_query(query)["data"]


def _terminate(pod_id: str) -> None:
    """runpod.terminate_pod, whose answer is looked at: that function takes a 429 or a 500 without words for done."""
    from runpod.api.mutations.pods import generate_pod_terminate_mutation

    _ask(generate_pod_terminate_mutation(pod_id))


def _why_unreadable() -> LuthierError:
    """Ask the smallest question there is: has the API gone for good, or is it only unwell?"""
    try:
        response = wire.send("POST", PATH, wire.find_key(), json={"query": "query { __typename }"})
    except LuthierError as error:
        return error
    return _gone() if response.status_code in (404, 410) else wire.unanswered("its answer cannot be read", rents=False)


def _gone() -> ApiWithdrawn:
    return wire.withdrawn("its GraphQL API")


def _rented(response: Any, field: str, secrets: list[str]) -> Pod:
    data = (wire.value(response) or {}).get("data") or {}
    if found := data.get(field):
        return _pod(found)
    raise _failure(response, field, secrets, rents=True)


def _failure(response: Any, field: str, secrets: list[str], rents: bool) -> LuthierError:
    if response.status_code in (404, 410):
        return _gone()
    errors = (wire.value(response) or {}).get("errors") or []
    if not errors:
        return wire.unanswered("its answer cannot be read", rents)
    said, code = hidden(wire.words(response), secrets), str((errors[0].get("extensions") or {}).get("code", ""))
    if any(sign.lower() in f"{said} {code}".lower() for sign in INTERNAL):
        return wire.unanswered(f'it says "{said}"', rents)
    if f'Cannot query field "{field}"' in said or "Unknown type" in said:
        return wire.withdrawn(f'"{field}"')
    return refusal(said, code)


def _pod(found: dict[str, Any]) -> Pod:
    said, status = found.get("lastStatusChange") or "", found.get("desiredStatus") or ""
    up = status == "RUNNING" and found.get("runtime") is not None
    return Pod(
        id=found["id"],
        name=found.get("name") or "",
        state="running" if up else STATES.get(status, "starting"),
        said=said,
        usd_per_hour=found.get("costPerHr"),
        uptime_s=(found["runtime"] or {}).get("uptimeInSeconds") if up else None,
        billed=status != "TERMINATED" and not said.lower().startswith("terminated"),
    )


def _quotes(found: dict[str, Any], now: float) -> list[Quote]:
    """One for each cloud that offers the GPU. Null and 0 both mean "not offered"."""
    quotes = []
    for cloud in ("secure", "community"):
        lowest = found[cloud] or {}
        on_demand = lowest.get("uninterruptablePrice") or found[f"{cloud}Price"] or None
        spot = lowest.get("minimumBidPrice") or found[f"{cloud}SpotPrice"] or None
        stock = (lowest.get("stockStatus") or "").lower()
        if on_demand or spot:
            quotes.append(Quote(found["id"], found["memoryInGb"], cloud.upper(), on_demand, spot, stock, now))
    return quotes
