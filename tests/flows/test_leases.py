"""Who holds a slot of a Prefect limit is known after the server was killed and came back."""

import os
import signal

import httpx
import pytest

from flows import process, server
from luthier.settings import Settings
from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_lease_outlives_the_server(tmp_path):
    settings = Settings(home=tmp_path)
    record = server.prefect_home(settings) / "server.json"
    try:
        url = server.start(settings)
        limits = f"{url}/v2/concurrency_limits"
        httpx.post(f"{limits}/", json={"name": "gpu", "limit": 1}).raise_for_status()
        asked = {"names": ["gpu"], "slots": 1, "mode": "concurrency", "lease_duration": 300}
        lease = httpx.post(f"{limits}/increment-with-lease", json=asked).raise_for_status().json()["lease_id"]
        os.killpg(read_json(record)["pid"], signal.SIGKILL)
        assert server.start(settings, int(url.removesuffix("/api").rpartition(":")[2])) == url
        renewed = httpx.post(f"{limits}/leases/{lease}/renew", json={"lease_duration": 300})
        assert renewed.status_code < 300, renewed.text
        assert httpx.post(f"{limits}/increment-with-lease", json=asked).status_code == 423  # still taken
    finally:
        process.end_recorded(record)
