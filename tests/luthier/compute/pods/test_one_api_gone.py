"""One of RunPod's APIs is retired: what the other one can do goes on."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from luthier.compute.pods.graphql import GraphQL
from luthier.compute.pods.rest import Rest
from luthier.compute.pods.runpod import open_provider
from luthier.errors import ApiWithdrawn, CreateOutcomeUnknown, PodCapacity, ProviderRefused, ProviderUnavailable

NO_SPOT = b'{"errors": [{"message": "Cannot query field \\"podRentInterruptable\\" on type \\"Mutation\\".",'
NO_SPOT += b' "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}'


@pytest.fixture
def gate(cloud, monkeypatch):
    """A front of the cloud; `gate[path prefix] = (status, body)` answers in its place."""
    answers = {}

    class Gate(BaseHTTPRequestHandler):
        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            for prefix, (status, content) in answers.items():
                if self.path.startswith(prefix) and (status != 400 or b"podRent" in body):
                    return self.answer(status, content, "text/html")
            headers = {"Authorization": self.headers["Authorization"], "Content-Type": "application/json"}
            got = httpx.request(self.command, cloud.url + self.path, headers=headers, content=body)
            return self.answer(got.status_code, got.content, got.headers.get("Content-Type", ""))

        do_GET = do_POST = do_DELETE = handle_any

        def answer(self, status, content, kind):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("RUNPOD_API_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    yield answers
    server.shutdown()
    server.server_close()


GONE = [(404, b"<html>Not Found</html>"), (410, b'{"error": "retired"}')]


@pytest.mark.parametrize("answer", GONE)
@pytest.mark.parametrize("gone", ["/graphql", "/v2"])
def test_on_demand_pods_live_on_with_either_api(gone, answer, gate, want):
    gate[gone] = answer
    provider = open_provider()
    made = provider.create(want())
    assert provider.get(made.id).id == made.id
    assert [pod.id for pod in provider.list("luthier-")] == [made.id]
    assert provider.quote("NVIDIA L40S")
    assert provider.terminate(made.id) is True
    assert provider.get(made.id) is None


@pytest.mark.parametrize("answer", GONE)
def test_spot_pods_end_with_graphql(answer, gate, want):
    gate["/graphql"] = answer
    with pytest.raises(ApiWithdrawn, match="GraphQL"):
        open_provider().create(want(purchase="spot"))
    assert open_provider().quote("NVIDIA L40S")[0].spot_usd is None


def test_spot_may_be_withdrawn_alone(gate, want, cloud):
    gate["/graphql"] = (400, NO_SPOT)
    with pytest.raises(ApiWithdrawn, match="podRentInterruptable"):
        open_provider().create(want(purchase="spot"))
    assert open_provider().create(want()).id


def test_a_field_that_spot_does_not_know_is_not_its_end(gate, want):
    unknown = b'Field \\"minCudaVersion\\" is not defined by type \\"PodRentInterruptableInput\\".'
    gate["/graphql"] = (400, b'{"errors": [{"message": "' + unknown + b'"}]}')
    with pytest.raises(ProviderRefused, match="minCudaVersion") as caught:
        open_provider().create(want(purchase="spot"))
    assert not isinstance(caught.value, ApiWithdrawn)


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", ""])
def test_an_inner_fault_leaves_open_whether_the_pod_exists(code, gate, want):
    inner = b'{"errors": [{"message": "Something went wrong. Please try again later or contact support.",'
    gate["/graphql"] = (200, inner + b' "extensions": {"code": "%s"}}], "data": null}' % code.encode())
    with pytest.raises(CreateOutcomeUnknown):
        open_provider().create(want(purchase="spot"))


def test_a_pod_in_the_answer_counts_whatever_else_it_complains_of(gate, want):
    pod = b'{"id": "x1", "name": "n", "desiredStatus": "RUNNING", "costPerHr": 0.3}'
    gate["/graphql"] = (200, b'{"errors": [{"message": "no"}], "data": {"podRentInterruptable": ' + pod + b"}}")
    assert open_provider().create(want(purchase="spot")).id == "x1"


@pytest.mark.parametrize("adapter", [GraphQL, Rest])
def test_gone_is_not_unwell(adapter, gate):
    gate["/"] = (410, b"")
    with pytest.raises(ApiWithdrawn):
        adapter().list("")
    gate["/"] = (503, b"<html>")
    with pytest.raises(ProviderUnavailable):
        adapter().list("")


def test_an_api_that_is_unwell_is_stood_in_for(gate, want, cloud):
    made = open_provider().create(want())
    gate["/graphql"] = (502, b"<html>")
    assert open_provider().get(made.id).id == made.id
    assert open_provider().terminate(made.id) is True
    assert cloud.running_pods() == []


def test_a_create_never_changes_over_in_silence(gate, want, cloud):
    gate["/v2"] = (502, b"<html>")
    with pytest.raises(ProviderUnavailable):
        open_provider().create(want())
    assert cloud.pods() == []


def test_a_pod_that_ended_on_its_way_to_delete_is_no_error(gate, want, cloud):
    cloud.timing.linger_s = 60
    made = Rest().create(want())
    assert Rest().terminate(made.id) and Rest().terminate(made.id)


def test_none_free_is_said_by_words_alone_in_rest(gate, want):
    body = b'{"title": "Bad Request", "status": 400, "detail": "There are no instances available with the request."}'
    gate["/v2/pods"] = (422, body)
    with pytest.raises(PodCapacity):
        Rest().create(want())
