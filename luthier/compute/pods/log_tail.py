"""The end of a pod's log, out of a stream that never ends (REST v2, server-sent events)."""

import json
import time
from collections.abc import Iterator
from typing import Literal

import httpx

from luthier.compute.pods import wire

LONGEST_S = 5
QUIET_S = 1
"""The stream stays open for what is still to come; after so long without a line it has told its tail."""


def log_tail(pod_id: str, source: Literal["container", "system"], tail: int) -> list[str]:
    """The last `tail` lines, oldest first; none of a pod that is gone. Raises ProviderUnavailable, ProviderDenied."""
    lines: list[str] = []
    lost = ""
    try:
        for line in _lines(f"/v2/pods/{pod_id}/logs", {"source": source, "tail": tail}):
            lines.append(line)
    except httpx.ReadTimeout:
        pass
    except httpx.HTTPError as error:
        lost = type(error).__name__
    if lost:
        raise wire.unanswered(f"the log was lost on its way ({lost})", rents=False)
    return lines[-tail:]


def _lines(path: str, question: dict[str, str | int]) -> Iterator[str]:
    """Until none has come for QUIET_S, whatever else keeps the stream alive; nothing of an answer that is no stream."""
    end, heard = time.monotonic() + LONGEST_S, time.monotonic()
    limits, headers = httpx.Timeout(LONGEST_S, read=QUIET_S), wire.headers(wire.require_key())
    with httpx.stream("GET", wire.api() + path, params=question, headers=headers, timeout=limits) as stream:
        for line in stream.iter_lines() if stream.is_success else ():
            if line.startswith("data:"):
                heard = time.monotonic()
                yield str(json.loads(line.removeprefix("data:"))["line"])
            if time.monotonic() > min(end, heard + QUIET_S):
                return
