"""One request to RunPod over HTTP, and what its failures mean.

Asked again at once: 429 only, after the time that the answer names. A request that rents something is never sent a
second time after a 5xx or a lost answer: the pod may exist (RunPod's own command keeps the same rule).
"""

import os
import time
from collections.abc import Iterable
from typing import Any

import httpx

import luthier
from luthier.compute.pods.refusals import KEY_FIX, denied, hidden, no_balance
from luthier.compute.pods.sdk import sdk
from luthier.errors import ApiWithdrawn, CreateOutcomeUnknown, LuthierError, ProviderDenied, ProviderUnavailable

API = "https://api.runpod.io"
AGENT = f"luthier/{luthier.__version__}"
"""Cloudflare, in front of the API, refuses clients without a name."""

ANSWER_S = 30
ASKS = 3
LONGEST_WAIT_S = 30
DEFAULT_WAIT_S = 2


def api() -> str:
    """Where the API is: RUNPOD_API_BASE_URL, read at every call as the runpod package does."""
    return os.environ.get("RUNPOD_API_BASE_URL", API)


def find_key() -> str | None:
    """RUNPOD_API_KEY, else the key that `runpod config` stored."""
    if key := os.environ.get("RUNPOD_API_KEY"):
        return key
    return (sdk().get_credentials() or {}).get("api_key")


def require_key() -> str:
    key = find_key()
    if not key:
        raise ProviderDenied("there is no key for RunPod", "", KEY_FIX, "RUNPOD_API_KEY")
    return key


def headers(key: str | None) -> dict[str, str]:
    return {"User-Agent": AGENT} | ({"Authorization": f"Bearer {key}"} if key else {})


def send(
    method: str, path: str, key: str | None, *, rents: bool = False, secrets: Iterable[str] = (), **request: Any
) -> httpx.Response:
    """The answer, if it is one: below 500, and neither 401, 402, 403 nor 429.

    rents: whether a pod may come of it. secrets: what an error must not repeat. Raises ProviderUnavailable,
    CreateOutcomeUnknown, ProviderDenied, NoBalance.
    """
    response = _patient(method, path, key, rents, request)
    said = hidden(words(response), [*secrets, key or ""])
    if response.status_code in (401, 403):
        raise denied(said)
    if response.status_code == 402:
        raise no_balance(said)
    if response.status_code >= 500 or response.status_code == 408:
        raise unanswered(f"it answered {response.status_code}", rents)
    return response


def _patient(method: str, path: str, key: str | None, rents: bool, request: dict[str, Any]) -> httpx.Response:
    for _ in range(ASKS):
        response = _once(method, path, key, rents, request)
        if response.status_code != 429:
            return response
        time.sleep(min(_wait_s(response), LONGEST_WAIT_S))
    raise ProviderUnavailable("RunPod asks for fewer requests", "It answered 429 several times.", "It is tried again.")


def _once(method: str, path: str, key: str | None, rents: bool, request: dict[str, Any]) -> httpx.Response:
    failure: LuthierError
    try:
        return httpx.request(method, api() + path, headers=headers(key), timeout=ANSWER_S, **request)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        failure = unanswered("it cannot be reached", rents=False)
    except httpx.HTTPError as error:
        failure = unanswered(f"the answer was lost ({type(error).__name__})", rents)
    raise failure  # not in the handler: the exception there holds the request, with its body


def _wait_s(response: httpx.Response) -> float:
    named = response.headers.get("Retry-After", "")
    return float(named) if named.isdigit() else DEFAULT_WAIT_S


def unanswered(why: str, rents: bool) -> ProviderUnavailable:
    if rents:
        return CreateOutcomeUnknown(
            "a pod was asked for, and RunPod did not say whether it exists",
            why[:1].upper() + why[1:],
            "It is looked up by its name before another is asked for.",
        )
    return ProviderUnavailable("RunPod's API gives no answer", why[:1].upper() + why[1:], "It is tried again.")


def withdrawn(what: str) -> ApiWithdrawn:
    return ApiWithdrawn(f"RunPod no longer has {what}", "", "Use a newer Luthier, or the other compute.purchase.")


def value(response: httpx.Response) -> Any:
    """The answer's JSON, or None where it is none."""
    try:
        return response.json()
    except ValueError:
        return None


def words(response: httpx.Response) -> str:
    """What an answer says in words: GraphQL's first error, REST's detail and errors, else its status."""
    told = value(response)
    if not isinstance(told, dict):
        return f"HTTP {response.status_code}"
    detail = [str(told[name]) for name in ("detail", "message") if told.get(name)]
    return "; ".join([*detail, *map(_fault, told.get("errors") or [])]) or f"HTTP {response.status_code}"


def _fault(fault: Any) -> str:
    return str(fault["message"]) if isinstance(fault, dict) and "message" in fault else str(fault)
