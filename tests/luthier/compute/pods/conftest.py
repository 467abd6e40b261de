import pytest

from luthier.compute.pods import ending, wire
from luthier.compute.pods.port import Wanted
from luthier.rehearsal.cloud import Cloud, Image, Timing

GPU = "NVIDIA GeForce RTX 4090"


@pytest.fixture
def cloud(monkeypatch):
    timing = Timing(pull_s=0.05, stop_grace_s=0.1)
    with Cloud({"sleeper": Image(("sleep", "600"))}, timing=timing) as cloud:
        monkeypatch.setenv("RUNPOD_API_BASE_URL", cloud.url)
        monkeypatch.setenv("RUNPOD_API_KEY", cloud.account.key)
        yield cloud


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """The same looks and waits, only shorter ones."""
    monkeypatch.setattr(ending, "LOOK_S", 0.05)
    monkeypatch.setattr(ending, "VISIBLE_S", 0.5)
    monkeypatch.setattr(wire, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(wire, "ANSWER_S", 2)


@pytest.fixture
def want():
    def build(**changes):
        plain = {"name": "luthier-0a1b2c3d-run-p1", "image": "sleeper", "gpu": GPU, "purchase": "on_demand", "env": {}}
        return Wanted(**plain | {"max_usd_per_hour": 1.0} | changes)

    return build
