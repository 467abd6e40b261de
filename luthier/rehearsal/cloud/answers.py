"""Answers that are no answers: errors of the front door, dropped and hanging connections; and the limit of calls."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

from luthier.rehearsal.cloud.faults import WIRE, Fault, Faults, Operation

DAY_LIMIT, HOUR_LIMIT = 50000, 3000


class Dropped(Response):
    """Closes the connection, after a while or at once, without a byte."""

    def __init__(self, after_s: float = 0):
        super().__init__()
        self.after_s = after_s

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(self.after_s)
        scope["state"]["drop"](scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


UNWELL = "Something went wrong. Please try again later or contact support."


def answer(faults: Faults, operation: Operation, work: Callable[[], Response]) -> Response:
    """What `work` answers, or the fault that waits for this call: instead of the work, or of its answer only."""
    fault = faults.take(WIRE, operation)
    if fault is None:
        return work()
    if fault.carried_out:
        work()
    return _spoilt(fault)


def _spoilt(fault: Fault) -> Response:
    if fault.kind == "reset":
        return Dropped()
    if fault.kind == "hang":
        return Dropped(fault.seconds)
    if fault.kind == "429":
        return too_many(fault.seconds)
    if fault.kind == "errors":
        return JSONResponse({"errors": [{"message": UNWELL, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]})
    status = int(fault.kind)
    if status == 500:
        return problem(500, "internal server error")
    phrase = HTTPStatus(status).phrase
    return HTMLResponse(f"<html><head><title>{status} {phrase}</title></head><body>{phrase}</body></html>", status)


def problem(status: int, detail: str, errors: list[str] | None = None) -> Response:
    """RFC 9457; `errors` names every field that was wrong."""
    content = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(content | ({"errors": errors} if errors else {}), status, media_type="application/problem+json")


def too_many(retry_after_s: float) -> Response:
    response = problem(429, "rate limit exceeded for the minute window")
    response.headers["Retry-After"] = str(max(1, round(retry_after_s)))
    return response


class Quota:
    """At most `per_minute` calls in any minute of real time."""

    def __init__(self, per_minute: int):
        self.per_minute = per_minute
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def spend(self) -> float | None:
        """Count a call; seconds to wait where it is one too many."""
        now = time.monotonic()
        with self._lock:
            while self._calls and self._calls[0] <= now - 60:
                self._calls.popleft()
            if len(self._calls) >= self.per_minute:
                return self._calls[0] + 60 - now
            self._calls.append(now)
            return None

    def headers(self) -> dict[str, str]:
        policy = f'"minute";q={self.per_minute};w=60,"hour";q={HOUR_LIMIT};w=3600,"day";q={DAY_LIMIT};w=86400'
        left = self.per_minute - len(self._calls)
        return {"RateLimit-Policy": policy, "RateLimit": f'"minute";r={max(0, left)};t=60'}
