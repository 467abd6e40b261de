"""Compare the simulated cloud with RunPod itself, on the day when somebody has a key.

    RUNPOD_API_KEY=… python deployments/runpod_record.py record real.json
    python deployments/runpod_record.py compare real.json

`record` rents the cheapest GPU for about two minutes (it asks first), makes a dozen calls of both protocols, ends the
pod whatever happens, and writes what the answers look like: status codes, names of fields, types, and the words of
errors; no values, no ids, no key. `compare` makes the same calls to the simulated cloud and prints the differences
(exit 1 if there are any).
"""

import argparse
import contextlib
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from luthier.rehearsal.cloud import Cloud, Image
from luthier.storage import read_json, write_json

IMAGE = "alpine:3.20"
COMMAND = ("sh", "-c", "echo up; sleep 600")
READY_S = 180
TRIES = 10
PRICES = """{ gpuTypes { id displayName memoryInGb securePrice communityPrice secureSpotPrice communitySpotPrice
  lowestPrice(input: {gpuCount: 1, secureCloud: true}) { minimumBidPrice uninterruptablePrice stockStatus } } }"""
POD = """
fragment P on Pod {
  id name desiredStatus lastStatusChange costPerHr podType imageName runtime { uptimeInSeconds }
}"""
CREATE = "mutation($input: PodFindAndDeployOnDemandInput) { podFindAndDeployOnDemand(input: $input) { ...P } }" + POD
SPOT = "mutation($input: PodRentInterruptableInput!) { podRentInterruptable(input: $input) { ...P } }" + POD
GET = "query($id: String!) { pod(input: {podId: $id}) { ...P } }" + POD
LIST = "{ myself { clientBalance pods { ...P } } }" + POD
STOP = "mutation($id: String!) { podStop(input: {podId: $id}) { id desiredStatus } }"
TERMINATE = "mutation($id: String!) { podTerminate(input: {podId: $id}) }"
WORDS = ("message", "detail", "title", "code", "errors", "status", "desiredStatus")
"""Fields whose text tells what kind of answer it is, kept where the answer is an error."""


class Recorder:
    """Makes calls and keeps the shape of each answer under a name."""

    def __init__(self, base_url: str, key: str):
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "luthier"}
        self.client = httpx.Client(base_url=base_url, headers=headers, timeout=60)
        self.answers: dict[str, Any] = {}

    def call(self, name: str, method: str, path: str, **more: Any) -> Any:
        """The answer's JSON, None where it has none."""
        answer = self.client.request(method, path, **more)
        content = answer.json() if "json" in answer.headers.get("content-type", "") else None
        failed = answer.status_code >= 400 or (isinstance(content, dict) and "errors" in content)
        headers = sorted({"ratelimit", "ratelimit-policy", "retry-after"} & set(answer.headers))
        self.answers[name] = {"status": answer.status_code, "headers": headers, "body": shape(content, failed)}
        return content

    def graphql(self, name: str, query: str, **variables: Any) -> Any:
        return self.call(f"graphql {name}", "POST", "/graphql", json={"query": query, "variables": variables})

    def ask(self, query: str, **variables: Any) -> Any:
        """What a query gives, not recorded."""
        return self.client.post("/graphql", json={"query": query, "variables": variables}).json()["data"]

    def rest(self, name: str, method: str, path: str, **more: Any) -> Any:
        return self.call(f"rest {name}", method, f"/v2{path}", **more)

    def log_event(self, pod_id: str) -> None:
        """The shape of the first event of the pod's log."""
        with self.client.stream("GET", f"/v2/pods/{pod_id}/logs") as answer:
            data = (line.removeprefix("data:") for line in answer.iter_lines() if line.startswith("data:"))
            event = shape(json.loads(next(data)), False) if answer.is_success else None
        self.answers["rest logs"] = {"status": answer.status_code, "headers": [], "body": event}


def shape(value: Any, failed: bool, field: str = "") -> Any:
    """A value's type; an object's fields; a list's first element; the words where an error has some."""
    if isinstance(value, dict):
        return {name: shape(inner, failed, name) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(inner, failed, field) for inner in value[:1]]
    if failed and field in WORDS and isinstance(value, str | int):
        return value
    kinds: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}
    return kinds[type(value)]


def unpaid(recorder: Recorder) -> tuple[str, float]:
    """Calls that cost nothing; the id and the hourly price of the cheapest GPU that is free."""
    gpus = recorder.graphql("prices", PRICES)["data"]["gpuTypes"]
    recorder.rest("prices", "GET", "/catalog/gpus", params={"include": "AVAILABILITY", "product": "POD"})
    bad = {"name": "luthier-record", "imageName": IMAGE, "gpuTypeId": "NVIDIA NOTHING", "bidPerGpu": 0.01}
    recorder.graphql("bad GPU, spot", SPOT, input=bad)
    recorder.graphql("bad GPU", CREATE, input={name: bad[name] for name in bad if name != "bidPerGpu"})
    recorder.graphql("bad field", "{ myself { shoeSize } }")
    recorder.graphql("introspection", "{ __schema { types { name } } }")
    recorder.graphql("unknown pod", GET, id="nosuchpod")
    recorder.graphql("terminate unknown pod", TERMINATE, id="nosuchpod")
    body = {"name": "luthier-record", "image": IMAGE, "gpu": {"id": "NVIDIA NOTHING"}}
    recorder.rest("bad GPU", "POST", "/pods", json=body)
    recorder.rest("bad field", "POST", "/pods", json=body | {"interruptible": True})
    recorder.rest("unknown pod", "GET", "/pods/nosuchpod")
    recorder.rest("delete unknown pod", "DELETE", "/pods/nosuchpod")
    nobody = {"Authorization": "Bearer no"}
    recorder.call("graphql wrong key", "POST", "/graphql", json={"query": "{ myself { id } }"}, headers=nobody)
    recorder.call("rest wrong key", "GET", "/v2/pods", headers=nobody)
    prices = {gpu["id"]: (gpu["lowestPrice"] or {}).get("uninterruptablePrice") for gpu in gpus}
    return min(((gpu, price) for gpu, price in prices.items() if price), key=lambda pair: pair[1])


def paid(recorder: Recorder, gpu: str) -> None:
    """The life of one pod. It ends itself after a quarter of an hour if this program dies."""
    end = (datetime.now(UTC) + timedelta(minutes=15)).isoformat(timespec="seconds").replace("+00:00", "Z")
    name = f"luthier-record-{uuid.uuid4().hex[:6]}"
    wanted: dict[str, Any] = {"name": name, "imageName": IMAGE, "gpuTypeId": gpu}
    wanted |= {"cloudType": "SECURE", "containerDiskInGb": 5, "volumeInGb": 0, "terminateAfter": end}
    wanted |= {"dockerArgs": f"{COMMAND[0]} {COMMAND[1]} '{COMMAND[2]}'"}
    try:
        pod_id = recorder.graphql("create", CREATE, input=wanted)["data"]["podFindAndDeployOnDemand"]["id"]
        _wait_ready(recorder, pod_id)
        recorder.graphql("running pod", GET, id=pod_id)
        recorder.rest("running pod", "GET", f"/pods/{pod_id}")
        recorder.graphql("list", LIST)
        recorder.rest("list", "GET", "/pods")
        recorder.log_event(pod_id)
        recorder.rest("action that cannot be", "POST", f"/pods/{pod_id}/action", json={"action": "start"})
        recorder.graphql("stop", STOP, id=pod_id)
        recorder.graphql("stopped pod", GET, id=pod_id)
        recorder.rest("stopped pod", "GET", f"/pods/{pod_id}")
        recorder.rest("terminate", "DELETE", f"/pods/{pod_id}")
    finally:
        _end(recorder, name)


def _end(recorder: Recorder, name: str) -> None:
    """Terminate every pod of this name, its only handle should the answer to the create call have been lost."""
    for _ in range(TRIES):
        time.sleep(2)  # a new pod is not listed at once
        with contextlib.suppress(httpx.HTTPError, LookupError, TypeError, ValueError):
            pods = recorder.ask(LIST)["myself"]["pods"]
            left = [pod["id"] for pod in pods if pod["name"] == name]
            for pod_id in left:
                recorder.ask(TERMINATE, id=pod_id)
            if not left:
                return
    print(f"{name} may still run: end it in RunPod's console", file=sys.stderr)


def _wait_ready(recorder: Recorder, pod_id: str) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and not recorder.ask(GET, id=pod_id)["pod"]["runtime"]:
        time.sleep(1)


def record(base_url: str, key: str, max_usd: float, sure: bool) -> dict[str, Any]:
    """Every answer's shape. Raises SystemExit when the price is too high or the answer to the question is no."""
    recorder = Recorder(base_url, key)
    gpu, price = unpaid(recorder)
    if price > max_usd:
        raise SystemExit(f"the cheapest GPU costs ${price}/h, more than --max-usd-per-hour {max_usd}")
    question = f"Rent one {gpu} at ${price} an hour for some two minutes? [y/N] "
    if not sure and input(question).strip().lower() != "y":
        raise SystemExit("nothing was rented")
    paid(recorder, gpu)
    return recorder.answers


def simulated() -> dict[str, Any]:
    with Cloud({IMAGE: Image(COMMAND)}) as cloud:
        return record(cloud.url, cloud.account.key, 1, True)


def differences(real: Any, ours: Any, where: str) -> Iterator[str]:
    """One line for each field that only one side has, or that differs; null fits everything but an object's absence."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for name in sorted(real.keys() | ours.keys()):
            if name not in ours:
                yield f"{where}.{name}: only RunPod has it"
            elif name not in real:
                yield f"{where}.{name}: only the simulated cloud has it"
            else:
                yield from differences(real[name], ours[name], f"{where}.{name}")
    elif isinstance(real, list) and isinstance(ours, list) and real and ours:
        yield from differences(real[0], ours[0], f"{where}[]")
    elif real != ours and "null" not in (real, ours):
        yield f"{where}: RunPod {real!r}, the simulated cloud {ours!r}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "compare"])
    parser.add_argument("file", type=Path, help="what `record` writes and `compare` reads")
    parser.add_argument("--max-usd-per-hour", type=float, default=1.0)
    parser.add_argument("--yes", action="store_true", help="do not ask before renting")
    given = parser.parse_args()
    if given.what == "record":
        base_url = os.environ.get("RUNPOD_API_BASE_URL", "https://api.runpod.io")
        key = os.environ["RUNPOD_API_KEY"]
        write_json(given.file, record(base_url, key, given.max_usd_per_hour, given.yes))
        return
    found = list(differences(read_json(given.file), simulated(), "answers"))
    print("\n".join(found) or "no differences")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
