"""Objects in a folder and in a real S3 service alike."""

import os
import time

import pytest

from luthier.bucket import Bucket, GrowthReceiver, GrowthSender, open_bucket
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
