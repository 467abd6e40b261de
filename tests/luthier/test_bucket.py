"""Objects in a folder and in a real S3 service alike."""

import contextlib
import os
import random
import subprocess
import sys
import threading
import time
import traceback
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from s3_server import free_ports

from luthier.bucket import Bucket, GrowthReceiver, GrowthSender, growth, open_bucket, store
from luthier.bucket.store import PART_BYTES
from luthier.errors import SpecError, StorageError, StorageUnavailable
from luthier.settings import Settings


def test_what_is_stored_comes_back(bucket, tmp_path):
    bucket.put("a/one.json", b"1")
    (tmp_path / "file").write_bytes(b"22")
    bucket.put("a/b/two", tmp_path / "file")
    bucket.put("ab/three", b"")
    assert (bucket.get("a/one.json"), bucket.get("a/b/two"), bucket.get("ab/three")) == (b"1", b"22", b"")
    assert [(one.key, one.size) for one in bucket.list("a")] == [("a/b/two", 2), ("a/one.json", 1)]
    assert [one.key for one in bucket.list("a", after="a/b/two")] == ["a/one.json"]
    assert all(abs(one.modified.timestamp() - time.time()) < 60 for one in bucket.list("a"))


def test_what_is_not_there(bucket, tmp_path):
    assert bucket.get("nothing") is None and bucket.list("nothing") == []
    with pytest.raises(FileNotFoundError, match="holds no nothing"):
        bucket.download("nothing", tmp_path / "here")
    assert list(tmp_path.glob("*here*")) == []
    bucket.delete("nothing")
    bucket.put("something", b"x")
    bucket.delete("something")
    assert bucket.get("something") is None


def test_an_object_of_several_parts(bucket, tmp_path):
    content = os.urandom(PART_BYTES * 2 + 5)
    (tmp_path / "large").write_bytes(content)
    bucket.put("large", tmp_path / "large")
    bucket.download("large", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == content
    bucket.put("large", b"small")
    assert bucket.get("large") == b"small"


def test_an_object_is_whole_or_not_there_when_the_writer_is_killed(tmp_path):
    uri, large = str(tmp_path / "bucket"), tmp_path / "large"
    large.write_bytes(os.urandom(PART_BYTES * 8))
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", PUT, uri, large], stdout=subprocess.PIPE)
        writer.stdout.read(1)
        time.sleep(random.uniform(0, 0.05))
        writer.kill()
        writer.communicate()
        assert Bucket(uri).get("large") in (None, large.read_bytes())
        assert {one.key for one in Bucket(uri).list("")} <= {"large"}


PUT = """
import sys
from luthier.bucket import Bucket
bucket = Bucket(sys.argv[1])
bucket.get("x")
print(1, flush=True)
bucket.put("large", __import__("pathlib").Path(sys.argv[2]))
"""


@pytest.fixture
def home_and_pod(bucket, tmp_path):
    """Both ends of a growing file."""
    ends = GrowthSender(tmp_path / "there", bucket, "a/events"), GrowthReceiver(bucket, "a/events", tmp_path / "here")
    return *ends, tmp_path / "there", tmp_path / "here"


def test_a_growing_file_arrives_piece_by_piece(bucket, home_and_pod):
    sender, receiver, there, here = home_and_pod
    assert sender.send() == receiver.receive() == 0 and not here.exists()
    for text in ("one\n", "two\n", "thr", "ee\n"):
        with there.open("a") as file:
            file.write(text)
        assert sender.send() == receiver.receive() == receiver.receive() == there.stat().st_size
        assert here.read_bytes() == there.read_bytes()
    assert [one.key for one in bucket.list("a/events")] == [f"a/events/{start:012d}" for start in (0, 4, 8, 11)]


def test_a_lot_of_growth_goes_in_several_parts(bucket, home_and_pod):
    sender, receiver, there, here = home_and_pod
    there.write_bytes(os.urandom(growth.PART_BYTES * 2 + 3))
    sender.send(), receiver.receive()
    assert here.read_bytes() == there.read_bytes() and len(bucket.list("a/events")) == 3


def test_both_ends_go_on_after_a_kill(bucket, home_and_pod):
    sender, receiver, there, here = home_and_pod
    there.write_bytes(b"0123456789")
    sender.send()
    with there.open("ab") as file:
        file.write(b"abc")
    here.write_bytes(b"01234")  # killed while it appended
    assert GrowthSender(there, bucket, "a/events").send() == 13
    assert GrowthReceiver(bucket, "a/events", here).receive() == 13
    assert here.read_bytes() == b"0123456789abc"


def test_an_answer_that_was_lost_is_made_up_for(bucket, home_and_pod):
    """The part was stored, the sender does not know, and stores it again when the file has grown."""
    sender, receiver, there, here = home_and_pod
    there.write_bytes(b"0123")
    bucket.put("a/events/000000000000", b"0123")
    sender.sent = 0
    receiver.receive()
    there.write_bytes(b"0123456789")
    assert sender.send() == 10 and receiver.receive() == 10
    there.write_bytes(b"0123456789ab")
    assert sender.send() == receiver.receive() == 12 and here.read_bytes() == there.read_bytes()


def test_a_list_that_lags_behind_leaves_no_gap(bucket, home_and_pod):
    sender, receiver, there, here = home_and_pod
    bucket.put("a/events/000000000000", b"01")
    bucket.put("a/events/000000000004", b"45")
    assert receiver.receive() == 2
    bucket.put("a/events/000000000002", b"23")
    assert receiver.receive() == 6 and here.read_bytes() == b"012345"


def told(caught, *secrets: str) -> str:
    """The whole of what a person or a log would get to see."""
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert all(secret not in text for secret in (*secrets, "StringToSign", "AWS4"))
    return str(caught.value)


@pytest.fixture
def s3(s3_service, monkeypatch):
    """Opens a bucket of the service, with what is given set otherwise."""
    for name, value in s3_service.environment.items():
        monkeypatch.setenv(name, value)
    s3_service.create_bucket(name := f"bucket-{uuid.uuid4().hex}")

    def opened(bucket: str = name, region: str | None = None, **environment: str) -> Bucket:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        return Bucket(f"s3://{bucket}/x", s3_service.endpoint, region)

    return opened


ASKED = {
    "put": lambda bucket: bucket.put("key", b"1"),
    "get": lambda bucket: bucket.get("key"),
    "list": lambda bucket: bucket.list("key"),
    "delete": lambda bucket: bucket.delete("key"),
    "download": lambda bucket: bucket.download("key", Path("never")),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"bucket": "another"}, "Create the bucket, or name another"),
        ({"region": "eu-west-9"}, "expecting 'us-east-1'. Set storage_region and storage_endpoint"),
        ({"AWS_SECRET_ACCESS_KEY": "planted-secret"}, "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "nobody:here"}, "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_what_is_set_up_wrong_is_told_with_its_fix(asked, wrong, says, s3):
    with pytest.raises(StorageError, match=says) as caught:
        ASKED[asked](s3(**wrong))
    told(caught, "planted-secret", "testsecret")


def test_no_keys_at_all(s3, monkeypatch):
    bucket = s3()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(store, "SMALL", ({}, {"max_retries": 0}))
    with pytest.raises(StorageError) as caught:
        bucket.get("key")
    assert "AWS_ACCESS_KEY_ID" in told(caught)


@pytest.mark.parametrize("uri", ["gs://bucket/x", "s3://", "s3://key:planted-secret@bucket/x"])
def test_an_address_that_cannot_be_read(uri):
    with pytest.raises(StorageError, match="s3://bucket/prefix or a folder") as caught:
        Bucket(uri).get("key")
    told(caught, "planted-secret")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Name a folder that can be written"):
        Bucket(str(tmp_path / "file" / "below")).put("key", b"1")


def test_no_storage_is_set():
    with pytest.raises(SpecError, match="LUTHIER_STORAGE"):
        open_bucket(Settings(storage=None))


class Service(ThreadingHTTPServer):
    """Does what `answers` says, one a request, then 200; keeps the requests."""

    def __init__(self, answers: list[int | None]):
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers, self.requests, self.headers = answers, [], []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.command)
        self.server.headers.append(self.headers)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer is None:  # it hangs up
            return self.connection.close()
        self.send_response(answer)
        self.send_header("Content-Length", "2")
        self.send_header("ETag", "x")
        self.send_header("Last-Modified", "Sat, 21 Nov 2026 00:00:00 GMT")
        self.end_headers()
        return self.wfile.write(b"ok")

    do_PUT = do_DELETE = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(monkeypatch):
    """A service of a few answers, and a bucket there that does not wait long."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted-secret")
    quick = {"max_retries": 3, "backoff": {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=5), "base": 2}}  # fmt: skip  # noqa: E501
    monkeypatch.setattr(store, "SMALL", ({"timeout": timedelta(seconds=5)}, quick))
    with contextlib.ExitStack() as stack:

        def started(*answers: int | None) -> tuple[Service, Bucket]:
            service = stack.enter_context(Service(list(answers)))
            threading.Thread(target=service.serve_forever, daemon=True).start()
            stack.callback(service.shutdown)
            return service, Bucket("s3://bucket/x", service.endpoint, "us-east-1")

        yield started


@pytest.mark.parametrize("answers", [(503,), (500, 502, None), (None, None)])
def test_what_passes_is_tried_again(serve, answers):
    service, bucket = serve(*answers)
    assert bucket.get("key") == b"ok" and len(service.requests) == len(answers) + 1
    service, bucket = serve(*answers)
    bucket.put("key", b"1")
    assert service.requests == ["PUT"] * (len(answers) + 1)


@pytest.mark.parametrize("answer", [503, 429, None])
def test_what_stays_is_unavailable(serve, answer):
    service, bucket = serve(*[answer] * 20)
    with pytest.raises(StorageUnavailable, match="does not answer") as caught:
        bucket.get("key")
    told(caught, "planted-secret")
    assert caught.value.retryable and len(service.requests) <= 4


def test_nobody_listens(serve):
    _, bucket = serve()
    bucket.endpoint = f"http://127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(StorageUnavailable, match="Connection refused"):
        bucket.get("key")


def test_only_what_every_service_has_is_asked_for(serve):
    """RunPod's volumes: no batch delete (POST ?delete), no conditional write, no tags."""
    service, bucket = serve()
    bucket.put("key", b"1"), bucket.get("key"), bucket.delete("key"), bucket.delete("other")
    assert service.requests == ["PUT", "GET", "DELETE", "DELETE"]
    asked = {name.lower() for headers in service.headers for name in headers}
    assert not asked & {"if-match", "if-none-match", "x-amz-tagging"}
