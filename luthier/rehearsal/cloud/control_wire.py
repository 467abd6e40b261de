"""The controls by HTTP, for whoever holds the cloud from another process. No key: it listens on loopback only."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from luthier.rehearsal.cloud.cloud import Cloud


def reply(cloud: "Cloud", what: str, body: bytes) -> Response:
    """`state` and `bill` answer; `evict`, `vanish`, `maintain`, `faults` and `partition_api` take the arguments of
    the Python call of that name as one JSON object.
    """
    calls: dict[str, Callable[..., Any]] = {
        "state": cloud.state,
        "bill": cloud.bill,
        "evict": cloud.evict,
        "vanish": cloud.vanish,
        "maintain": cloud.maintain,
        "partition_api": cloud.partition_api,
        "faults": cloud.faults.add,
    }
    if what not in calls:
        return JSONResponse({"error": f"known: {', '.join(calls)}"}, 404)
    try:
        return JSONResponse(calls[what](**json.loads(body or b"{}")))
    except (TypeError, ValueError, StopIteration) as error:
        return JSONResponse({"error": str(error) or "no such pod"}, 400)
