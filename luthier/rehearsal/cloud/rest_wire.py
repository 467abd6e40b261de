"""RunPod's REST v2: pods, their logs, the catalogue, volumes and the bill."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from luthier.rehearsal.cloud import billing, log_stream, rest_bodies, rest_shapes
from luthier.rehearsal.cloud.answers import Quota, answer, problem, too_many
from luthier.rehearsal.cloud.faults import Operation
from luthier.rehearsal.cloud.log_stream import InvalidQuery
from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.provider import Provider
from luthier.rehearsal.cloud.refusal import Refusal, wrong_state
from luthier.rehearsal.cloud.timing import moment

Work = Callable[[], Response]
BUCKETS = {"hour": billing.HOUR_S, "day": billing.DAY_S}
OPERATION_OF_ACTION: dict[str, Operation] = {
    "start": "resume",
    "stop": "stop",
    "restart": "stop",
    "terminate": "terminate",
}


class Rest:
    """Every call is counted, its key is looked at, and it may meet a fault."""

    def __init__(self, provider: Provider, quota: Quota, closing: Callable[[], bool]):
        self.provider, self.quota, self.closing = provider, quota, closing

    def reply(self, request: Request, body: bytes) -> Response:
        """One call. Paths and methods are those of openapi.json; what is not simulated is 404."""
        if (wait := self.quota.spend()) is not None:
            response = too_many(wait)
        else:
            response = self._refusable(lambda: self._route(request, body))
        response.headers.update(self.quota.headers())
        return response

    def _refusable(self, work: Work) -> Response:
        try:
            return work()
        except Refusal as refused:
            return problem(refused.status, refused.message)
        except ValidationError as error:
            return problem(422, "Request validation failed.", rest_bodies.faults(error))
        except InvalidQuery as invalid:
            return problem(422, "Request validation failed.", [str(invalid)])

    def _route(self, request: Request, body: bytes) -> Response:
        asked = dict(request.query_params)
        match [request.method, *request.path_params["rest"].split("/")]:
            case ["POST", "pods"]:
                return self._call(request, "create", lambda: self._create(body))
            case ["GET", "pods"]:
                return self._call(request, "list", self._list)
            case ["GET", "pods", pod_id]:
                return self._call(request, "get", lambda: self._json(self.provider.find(pod_id)), pod_id)
            case ["DELETE", "pods", pod_id]:
                return self._call(request, "terminate", lambda: self._act(pod_id, "terminate"), pod_id)
            case ["POST", "pods", pod_id, "action"]:
                action = rest_bodies.Action.model_validate_json(body).action
                return self._call(request, OPERATION_OF_ACTION[action], lambda: self._act(pod_id, action), pod_id)
            case ["GET", "pods", pod_id, "logs"]:
                seen = request.headers.get("last-event-id", "")
                return self._call(request, "logs", lambda: self._logs(pod_id, asked, seen), pod_id)
            case ["GET", "catalog", "gpus"]:
                return self._call(request, "quote", lambda: self._gpus(asked))
            case ["GET", "network-volumes"]:
                return self._call(request, "account", self._volumes)
            case ["GET", "billing", "pods"]:
                return self._call(request, "billing", lambda: JSONResponse(self._bill(asked)))
        return problem(404, "resource not found")

    def _call(self, request: Request, operation: Operation, work: Work, pod_id: str | None = None) -> Response:
        """Raises Refusal for a key that is unknown, or may not."""
        account = self.provider.account
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        account.permit(account.caller(token, "rest", self.provider.everything()), operation, pod_id)
        return answer(self.provider.faults, operation, lambda: self._refusable(work))

    def _json(self, pod: Pod, status: int = 200) -> Response:
        return JSONResponse(rest_shapes.pod(pod, self.provider.uptime(pod)), status)

    def _create(self, body: bytes) -> Response:
        order = rest_bodies.CreatePod.model_validate_json(body).order()
        return self._json(self.provider.create(order), 201)

    def _list(self) -> Response:
        pods = [pod for pod in self.provider.shown() if not pod.gone]
        return JSONResponse({"pods": [rest_shapes.pod(pod, self.provider.uptime(pod)) for pod in pods]})

    def _act(self, pod_id: str, action: str) -> Response:
        pod = self.provider.find(pod_id)
        now = rest_shapes.status(pod, self.provider.uptime(pod))
        if action not in rest_shapes.ACTIONS[now]:
            raise wrong_state(f"cannot {action} a pod that is {now}")
        getattr(self.provider, {"start": "resume"}.get(action, action))(pod)
        return Response(status_code=204) if action == "terminate" else self._json(pod)

    def _logs(self, pod_id: str, asked: dict[str, str], last_event_id: str) -> Response:
        events = log_stream.stream(self.provider.find(pod_id), asked, last_event_id, self.closing)
        return StreamingResponse(events, media_type="text/event-stream")

    def _gpus(self, asked: dict[str, str]) -> Response:
        with_availability = "include" in asked
        if with_availability != ("product" in asked):
            return problem(400, "product is required with include=AVAILABILITY, and valid only with it")
        market = self.provider.market
        shown = [rest_shapes.gpu(gpu, market, with_availability) for gpu in market.gpus.values()]
        return JSONResponse({"gpus": shown})

    def _volumes(self) -> Response:
        return JSONResponse({"networkVolumes": [rest_shapes.volume(one) for one in self.provider.account.volumes]})

    def _bill(self, asked: dict[str, str]) -> dict[str, Any]:
        since, until, bucket_s = _period(asked, self.provider.clock.now())
        pods = [pod for pod in self.provider.everything() if asked.get("podId") in (None, pod.id)]
        records = billing.records(pods, since, until, bucket_s)
        parts = ("totalAmount", "gpuAmount", "cpuAmount", "diskAmount")
        return {"records": records, "metadata": {"totals": {part: sum(one[part] for one in records) for part in parts}}}


def _period(asked: dict[str, str], now: float) -> tuple[float, float, int]:
    """Start and end of the bill that is asked for, and the length of its lines."""
    bucket = asked.get("bucketSize", "day")
    if bucket not in BUCKETS:
        raise InvalidQuery(f"$.bucketSize: not one of {', '.join(BUCKETS)}")
    try:
        if "lastN" in asked:
            return now - (int(asked["lastN"]) - 1) * BUCKETS[bucket], now, BUCKETS[bucket]
        since = moment(asked["startTime"]) if "startTime" in asked else now - 30 * billing.DAY_S
        return since, moment(asked["endTime"]) if "endTime" in asked else now, BUCKETS[bucket]
    except ValueError as error:
        raise InvalidQuery(f"$: {error}") from None
