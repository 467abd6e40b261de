"""Secrets planted in a rented run's environment appear nowhere: not while it is interrupted, not when it is refused."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import s3_server
from chain import Home, write_spec
from planted import Leak, Planted

from luthier.bucket import Bucket
from luthier.compute.orders import Remote
from luthier.data.reading.sources import content_sha256, sources
from luthier.rehearsal.cloud import Cloud, Image
from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.plan import Strike
from luthier.rehearsal.rehearse import QUICK
from luthier.rehearsal.striker import Striker
from luthier.spec_file import load_spec
from luthier.stages import run_id

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]

STRIKES = [
    Strike("baseline", "outbid with notice", after=1, delay_s=0),
    Strike("training", "host vanishes", after=4, delay_s=0),
    Strike("evaluating", "outbid and terminated", after=1, delay_s=0),
]
POD_SECRETS = {"AWS_ACCESS_KEY_ID": "s3_id", "AWS_SECRET_ACCESS_KEY": "s3_secret", "HF_TOKEN": "hub"}


@pytest.fixture
def planted() -> Planted:
    return Planted("RUNPOD_API_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN")


@pytest.fixture
def service(planted, monkeypatch, tmp_path) -> Iterator[s3_server.S3Service]:
    """An S3 service whose secret key is the planted one."""
    s3_server.only_on_linux()
    monkeypatch.setattr(s3_server, "SECRET_KEY", planted.environment["AWS_SECRET_ACCESS_KEY"])
    with s3_server.running(tmp_path / "s3") as service:
        service.create_bucket("runs")
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture
def cloud(planted, tmp_path) -> Iterator[Cloud]:
    """Its account has the planted key, and the planted secrets for pods that name them."""
    values = {"s3_id": s3_server.ACCESS_KEY} | {
        POD_SECRETS[name]: value for name, value in planted.environment.items() if name in POD_SECRETS
    }
    account = Account(key=planted.environment["RUNPOD_API_KEY"], secrets=values)
    image = Image((sys.executable, "-m", "luthier.pod"))
    with Cloud({"image": image}, account=account, root=tmp_path / "cloud") as cloud:
        yield cloud


@contextmanager
def process_list_watched(planted: Planted) -> Iterator[list[Leak]]:
    """The leaks that `ps` could show anybody within the block."""
    leaks: list[Leak] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            leaks.extend(planted.in_process_list())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield leaks
    finally:
        over.set()
        thread.join()


def test_planted_secrets_appear_nowhere(planted, service, cloud, tmp_path, tiny_model):
    environment = {
        **QUICK,
        **planted.environment,
        "RUNPOD_API_BASE_URL": cloud.url,
        "LUTHIER_STORAGE": "s3://runs/here",
        "LUTHIER_STORAGE_ENDPOINT": service.endpoint,
        "LUTHIER_POD_IMAGE": "image",
        "LUTHIER_POD_SECRETS": json.dumps(POD_SECRETS),
    }
    home = Home(tmp_path / "home", **environment)
    path = write_spec(tmp_path / "spec", tiny_model, compute={"provider": "runpod", "max_attempts": 20})
    spec = load_spec(path)
    data_sha256 = content_sha256(sources(spec.data, home.root))
    remote = Remote(Bucket("s3://runs/here", service.endpoint), run_id(spec, data_sha256))
    cloud.faults.add("502", on="create", carried_out=True)  # so that errors have something to tell
    cloud.faults.add("capacity", times=2)

    with process_list_watched(planted) as seen, Striker(cloud, remote, STRIKES, lambda: None) as striker:
        done = home.luthier("run", path, "--json", "--debug")
        assert done.returncode in (0, 3, 4), done.stderr
        assert len(striker.hits) == len(STRIKES)
        said = done.stdout + done.stderr
        for wrong in ("RUNPOD_API_KEY", "AWS_SECRET_ACCESS_KEY"):
            refused = Home(home.root, **environment | {wrong: planted.environment["HF_TOKEN"]})
            denied = refused.luthier("run", path, "--again", "--debug")
            assert denied.returncode not in (0, 3, 4)
            said += denied.stdout + denied.stderr

    assert not seen
    assert not planted.found_in("output", said)
    assert planted.found_below(service.folder / "etc"), "the search finds what is there"
    for kept in (home.root, service.folder / "devices", cloud.root, tmp_path / "spec"):
        assert list(kept.rglob("*")) and not planted.found_below(kept)
    assert not planted.found_in("log of the storage", (service.folder / "log.txt").read_bytes())
