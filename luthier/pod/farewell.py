"""A pod that has nothing to do any more ends itself, and its bill."""

import os
import time
from typing import NoReturn

import httpx

AGAIN_AFTER_S = 60
TERMINATE = "mutation($input: PodTerminateInput!) { podTerminate(input: $input) }"


def end_this_pod(reason: str) -> NoReturn:
    """Ask the provider to end this pod, over and over: should it return, the container would be started anew.

    The key that RunPod gives a pod may use one of its APIs, both or neither; whoever rented the pod ends it too.
    """
    print(f"this pod ends: {reason}", flush=True)
    while True:
        for ask in (_by_graphql, _by_rest):
            try:
                print(f"{ask.__name__}: {ask()}", flush=True)
            except (httpx.HTTPError, KeyError) as error:
                print(f"{ask.__name__}: {type(error).__name__}", flush=True)
        time.sleep(AGAIN_AFTER_S)


def _by_graphql() -> int:
    body = {"query": TERMINATE, "variables": {"input": {"podId": os.environ["RUNPOD_POD_ID"]}}}
    return httpx.post(f"{_api()}/graphql", json=body, headers=_headers(), timeout=30).status_code


def _by_rest() -> int:
    address = f"{_api()}/v2/pods/{os.environ['RUNPOD_POD_ID']}"
    return httpx.delete(address, headers=_headers(), timeout=30).status_code


def _api() -> str:
    return os.environ.get("RUNPOD_API_BASE_URL", "https://api.runpod.io")


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {os.environ['RUNPOD_API_KEY']}", "User-Agent": "luthier"}
