"""The simulated cloud under the real runpod client."""

import httpx
import pytest
import requests
from runpod.error import AuthenticationError, QueryError
from simulated import GPU, image, until

from luthier.rehearsal.cloud import Cloud
from luthier.rehearsal.cloud.timing import date

RENT_SPOT = "mutation R($input: PodRentInterruptableInput!) { podRentInterruptable(input: $input) { id costPerHr } }"
RENT = "mutation R($input: PodFindAndDeployOnDemandInput) { podFindAndDeployOnDemand(input: $input) { id } }"


@pytest.fixture
def ask(cloud):
    """One query with variables: (status, answer)."""

    def ask(query, token=None, **variables):
        headers = {"Authorization": f"Bearer {token or cloud.account.key}"}
        content = {"query": query, "variables": variables}
        response = httpx.post(f"{cloud.url}/graphql", json=content, headers=headers)
        return response.status_code, response.json()

    return ask


def spot(**more):
    return {"name": "luthier-p1", "imageName": "waiting", "gpuTypeId": GPU, "bidPerGpu": 0.6, **more}


def test_a_pod_lives_and_dies_under_the_sdk(sdk, cloud):
    made = sdk.create_pod("luthier-p1", "waiting", GPU, env={"RUN_ID": "r1"})
    assert made["env"] == ["RUN_ID=r1"]
    found = sdk.get_pod(made["id"])
    assert found["desiredStatus"] == "RUNNING" and found["podType"] == "RESERVED"
    assert found["lastStatusChange"].startswith("Rented by User: ")
    until(lambda: sdk.get_pod(made["id"])["runtime"])
    assert [pod["id"] for pod in sdk.get_pods()] == [made["id"]]
    assert sdk.stop_pod(made["id"])["desiredStatus"] == "EXITED"
    assert sdk.get_pod(made["id"])["lastStatusChange"].startswith("Exited by user: ")
    until(lambda: cloud.pod(made["id"]).container is None)
    assert sdk.resume_pod(made["id"], 1)["desiredStatus"] == "RUNNING"
    assert sdk.terminate_pod(made["id"]) is None
    assert sdk.get_pod(made["id"]) is None and sdk.get_pods() == []
    with pytest.raises(QueryError, match="pod not found to terminate"):
        sdk.terminate_pod(made["id"])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("502", requests.exceptions.JSONDecodeError),
        ("500", KeyError),
        ("429", KeyError),
        ("reset", requests.exceptions.ConnectionError),
    ],
)
def test_faults_of_the_wire_reach_the_sdk_as_measured(sdk, cloud, fault, error):
    cloud.faults.add(fault, on="list")
    with pytest.raises(error):
        sdk.get_pods()
    assert sdk.get_pods() == []


def test_other_errors_of_the_sdk(sdk, cloud, monkeypatch):
    with pytest.raises(ValueError, match="No GPU found"):
        sdk.create_pod("x", "waiting", "NVIDIA NOTHING")
    with pytest.raises(QueryError, match="Syntax Error"):
        sdk.create_pod("x", "waiting", GPU, docker_args='say "hi"')
    cloud.faults.add("hang", on="list", seconds=0.3)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(f"{cloud.url}/graphql", json={"query": "{ myself { pods { id } } }"}, timeout=0.1,
                      headers={"Authorization": f"Bearer {cloud.account.key}"})  # fmt: skip
    monkeypatch.setattr(sdk, "api_key", "rpa_wrong")
    with pytest.raises(AuthenticationError):
        sdk.get_pods()
    assert cloud.pods() == []


def test_capacity_is_refused_as_often_as_told_and_then_not(sdk, cloud):
    cloud.faults.add("capacity", times=2)
    for _ in range(2):
        with pytest.raises(QueryError, match="no longer any instances available"):
            sdk.create_pod("luthier-p1", "waiting", GPU)
    sdk.create_pod("luthier-p1", "waiting", GPU)
    assert cloud.creates("luthier-p1") == 1


def test_spot_pays_its_bid_and_is_refused_below_the_least(ask, cloud):
    status, answer = ask(RENT_SPOT, input=spot())
    assert status == 200 and answer["data"]["podRentInterruptable"]["costPerHr"] == 0.6
    status, answer = ask(RENT_SPOT, input=spot(bidPerGpu=0.1))
    assert status == 200 and answer["data"] == {"podRentInterruptable": None}
    assert answer["errors"][0]["extensions"]["code"] == "SUPPLY_CONSTRAINT"
    [pod] = cloud.pods()
    resume = "mutation($i: PodResumeInput!) { podResume(input: $i) { id } }"
    _, answer = ask(resume, i={"podId": pod.id})
    assert answer["errors"][0]["message"] == "Cannot resume a spot pod as an on demand pod."


def test_stock_runs_out_for_each_way_of_buying_and_comes_back(ask, cloud):
    cloud.market.free = {(GPU, "spot"): 1}
    ask(RENT_SPOT, input=spot())
    assert "errors" in ask(RENT_SPOT, input=spot())[1]
    on_demand = {"name": "luthier-p2", "imageName": "waiting", "gpuTypeId": GPU}
    assert "errors" not in ask(RENT, input=on_demand)[1]
    cloud.evict(cloud.pods()[0].id, 0)
    assert "errors" not in ask(RENT_SPOT, input=spot())[1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ myself { shoeSize } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __schema { types { name } } }", "GRAPHQL_VALIDATION_FAILED"),
        ('mutation { podRentInterruptable(input: {gpuTypeId: "x", spot: true}) { id } }', "GRAPHQL_VALIDATION_FAILED"),
        ("{ myself { id }", "GRAPHQL_PARSE_FAILED"),
        (RENT_SPOT, "BAD_USER_INPUT"),
    ],
)
def test_what_the_schema_does_not_know_is_400(ask, query, code):
    status, answer = ask(query, input={"gpuTypeId": 5})
    assert status == 400 and answer["errors"][0]["extensions"]["code"] == code


def test_the_key_may_come_in_the_address(cloud):
    query = {"query": "{ myself { clientBalance } }"}
    answer = httpx.post(f"{cloud.url}/graphql?api_key={cloud.account.key}", json=query)
    assert answer.json()["data"]["myself"]["clientBalance"] == 100
    assert httpx.post(f"{cloud.url}/graphql?api_key=no", json=query).status_code == 401


def test_quotes_are_null_where_nothing_is_free(ask, cloud):
    query = "query($i: GpuTypeFilter) { gpuTypes(input: $i) { securePrice lowestPrice(input: {gpuCount: 1, secureCloud: true}) { minimumBidPrice uninterruptablePrice stockStatus } } }"  # noqa: E501
    lowest = ask(query, i={"id": GPU})[1]["data"]["gpuTypes"][0]["lowestPrice"]
    assert lowest == {"minimumBidPrice": 0.5, "uninterruptablePrice": 0.99, "stockStatus": "High"}
    cloud.market.free = {(GPU, "spot"): 0, (GPU, "on_demand"): 0}
    lowest = ask(query, i={"id": GPU})[1]["data"]["gpuTypes"][0]["lowestPrice"]
    assert set(lowest.values()) == {None}


def test_terminate_after_is_kept_in_the_clouds_time():
    with Cloud({"waiting": image("import time; time.sleep(600)")}, speed=3600) as cloud:
        given = spot(terminateAfter=date(cloud.clock.now() + 1800))
        content = {"query": RENT_SPOT, "variables": {"input": given}}
        httpx.post(f"{cloud.url}/graphql?api_key={cloud.account.key}", json=content)
        assert cloud.running_pods("luthier-")
        until(lambda: not cloud.running_pods())
        assert cloud.pods()[0].said.startswith("Terminated by Runpod")
