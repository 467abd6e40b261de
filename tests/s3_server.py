"""A real S3 service: OpenStack Swift with its S3 API, its four servers below one process."""

import contextlib
import os
import pwd
import socket
import subprocess
import sys
import sysconfig
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import obstore
import pytest
from obstore.store import S3Store

from luthier.bucket import Bucket

ACCESS_KEY, SECRET_KEY, REGION = "test:tester", "testsecret", "us-east-1"
SERVERS = ("account", "container", "object", "proxy")

STORE = """\
[DEFAULT]
swift_dir = {folder}/etc
devices = {folder}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
recon_cache_path = {folder}/cache
disable_fallocate = true
log_level = WARNING
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
fallocate_reserve = 0
splice = no
"""

PROXY = """\
[DEFAULT]
swift_dir = {folder}/etc
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
user = {user}
[pipeline:main]
pipeline = catch_errors healthcheck cache s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
use = egg:swift#memcache
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = {region}
check_bucket_owner = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin
[filter:slo]
use = egg:swift#slo
"""

COMMON = """\
[swift-hash]
swift_hash_path_suffix = x
swift_hash_path_prefix = y
[storage-policy:0]
name = one
default = yes
"""


@dataclass(frozen=True)
class S3Service:
    """Its address; `environment` holds the variables of somebody who may use it."""

    endpoint: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_REGION": REGION}

    def create_bucket(self, name: str) -> None:
        given = {"endpoint": self.endpoint, "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}
        store = S3Store(name, region=REGION, client_options={"allow_http": True}, **given)
        httpx.put(obstore.sign(store, "PUT", "", timedelta(minutes=1))).raise_for_status()


@contextmanager
def running(folder: Path) -> Iterator[S3Service]:
    """Start the service with its data in `folder`. It ends with the block, and with this process however that ends."""
    ports = dict(zip(SERVERS, free_ports(4), strict=True))
    _configure(folder, ports)
    endpoint = f"http://127.0.0.1:{ports['proxy']}"
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, __file__, folder],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # what ends this process and its group must not end it before its servers
        )
    try:
        _wait_for(ports, process, folder / "log.txt")
        yield S3Service(endpoint, folder)
    finally:
        process.communicate()  # closes its stdin, which ends it


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all held until all are known, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def _configure(folder: Path, ports: dict[str, int]) -> None:
    etc = folder / "etc"
    for made in (etc, folder / "devices" / "d1", folder / "cache"):
        made.mkdir(parents=True)
    user = pwd.getpwuid(os.getuid()).pw_name
    (etc / "swift.conf").write_text(COMMON)
    for name, port in ports.items():
        text = PROXY if name == "proxy" else STORE
        given = {"folder": folder, "port": port, "user": user, "name": name, "region": REGION, "secret": SECRET_KEY}
        (etc / f"{name}.conf").write_text(text.format(**given))
    for name in ("account", "container", "object"):
        _ring(etc / f"{name}.builder", ports[name])


def _ring(path: Path, port: int) -> None:
    """Where a kind of record lies: one copy, on the one device."""
    from swift.common.ring import RingBuilder

    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=1)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1})
    builder.rebalance()
    builder.get_ring().save(str(path.with_name(f"{path.stem}.ring.gz")))


def _wait_for(ports: dict[str, int], process: subprocess.Popen[bytes], log: Path) -> None:
    """Until all four listen: a proxy that is up before the others answers 503."""
    waiting = list(ports.values())
    while process.poll() is None:
        while waiting and _listens(waiting[0]):
            waiting.pop(0)
        if not waiting:
            return
        time.sleep(0.05)
    raise RuntimeError(log.read_text())


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def serve(folder: Path) -> None:
    """Run the four servers until stdin is closed. They leave any process group, so that each is ended by itself."""
    scripts, environment = Path(sysconfig.get_path("scripts")), {**os.environ, "SWIFT_CONF_DIR": str(folder / "etc")}
    servers = [
        subprocess.Popen(
            [scripts / f"swift-{name}-server", folder / "etc" / f"{name}.conf"],
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        for name in SERVERS
    ]
    try:
        sys.stdin.read()
    finally:
        for server in servers:
            server.kill()
            server.wait()


def only_on_linux() -> None:
    """Elsewhere a test is skipped; here a Swift that is missing fails it."""
    if sys.platform != "linux":
        pytest.skip("Swift runs on Linux only")


@pytest.fixture(scope="session")
def s3_service(tmp_path_factory) -> Iterator[S3Service]:
    """The service, for the whole session; skipped where Swift cannot run."""
    only_on_linux()
    with running(tmp_path_factory.mktemp("s3")) as service:
        yield service


@pytest.fixture(params=["folder", "s3"])
def bucket(request, tmp_path, monkeypatch) -> Bucket:
    """An empty one, in a folder and in the service."""
    if request.param == "folder":
        return Bucket(str(tmp_path / "bucket"))
    service = request.getfixturevalue("s3_service")
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{uuid.uuid4().hex}"
    service.create_bucket(name)
    return Bucket(f"s3://{name}/some/where", service.endpoint)


if __name__ == "__main__":  # the child that `running` starts
    serve(Path(sys.argv[1]))
