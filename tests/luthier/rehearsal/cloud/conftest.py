"""A simulated cloud, and the ways to talk to it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import runpod
from simulated import GPU, WAITING, image, said, until

from luthier.rehearsal.cloud import Cloud, Timing


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """One image, `waiting`, that runs until SIGTERM and then leaves a file `flushed`."""
    timing = Timing(pull_s=0.02, restart_s=0.02, image_fails_s=0.05, stop_grace_s=5, stale_s=0.2)
    with Cloud({"waiting": image(WAITING)}, timing=timing) as cloud:
        yield cloud


@pytest.fixture
def sdk(cloud, monkeypatch) -> Any:
    """The real runpod client, pointed at the cloud."""
    monkeypatch.setenv("RUNPOD_API_BASE_URL", cloud.url)
    monkeypatch.setattr(runpod, "api_key", cloud.account.key)
    return runpod


@pytest.fixture
def rest(cloud) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {cloud.account.key}"}
    with httpx.Client(base_url=f"{cloud.url}/v2", headers=headers) as client:
        yield client


@pytest.fixture
def rent(rest) -> Callable[..., str]:
    """Rent a pod by REST; its id."""

    def rent(name: str = "luthier-p1", image: str = "waiting", gpu: str = GPU, **more: Any) -> str:
        response = rest.post("/pods", json={"name": name, "image": image, "gpu": {"id": gpu}, **more})
        assert response.status_code == 201, response.text
        return response.json()["id"]

    return rent


@pytest.fixture
def rent_up(cloud, rent) -> Callable[..., str]:
    """Rent a pod and wait until its program says that it is up."""

    def rent_up(*args: Any, **more: Any) -> str:
        pod_id = rent(*args, **more)
        until(lambda: "up" in said(cloud, pod_id))
        return pod_id

    return rent_up
