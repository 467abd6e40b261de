"""Objects of a folder or an S3 bucket: put, get, list, delete.

An object is there whole or not at all. Only what every S3 service has is used: PUT (in parts when
large), GET, a list, and DELETE one by one. There are no batch deletes, signed addresses or
conditional writes: RunPod's volumes have none of them.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from luthier.bucket.failures import WHERE, told
from luthier.errors import SpecError, StorageError
from luthier.settings import Settings
from luthier.storage import atomic_path

if TYPE_CHECKING:
    from obstore import BytesStream
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Config

SMALL: "tuple[ClientConfig, RetryConfig]" = (
    {"timeout": timedelta(seconds=10)},
    {"retry_timeout": timedelta(minutes=1)},
)
"""Bytes and lists: a dead connection must not hold up a sign of life. Tried again for a minute."""

LARGE: "tuple[ClientConfig, RetryConfig]" = (
    {"read_timeout": timedelta(minutes=1), "timeout": timedelta(hours=1)},
    {"retry_timeout": timedelta(minutes=3)},
)
"""Files, whose parts may take a minute each: 2 Mbit/s are enough."""

PART_BYTES = 8 * 2**20
"""Larger objects go up in parts of this size. S3 takes 5 MiB to 5 GiB a part, 10,000 parts an object."""

PARTS_AT_ONCE = 2


@dataclass(frozen=True)
class Stored:
    """An object as the store lists it. `modified` is by the store's own clock, with its time zone."""

    key: str
    size: int
    modified: datetime


def open_bucket(settings: Settings) -> "Bucket":
    """The bucket of the settings. Raises SpecError when they name none."""
    if not settings.storage:
        raise SpecError(
            "no storage is set",
            "A rented machine keeps its run there.",
            "Set it to s3://bucket/prefix or to a folder.",
            WHERE,
        )
    return Bucket(settings.storage, settings.storage_endpoint, settings.storage_region)


class Bucket:
    """Objects below one address: `s3://bucket/prefix` or a folder. Every key is relative to it.

    Credentials of S3 come from the usual variables (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN; AWS_ENDPOINT_URL and AWS_REGION stand in for what is not given). Every call raises
    StorageUnavailable (nobody answers; trying again can help) or StorageError (wrong key, bucket or region); an
    address that cannot be read raises StorageError at once.
    """

    def __init__(self, uri: str, endpoint: str | None = None, region: str | None = None):
        address = urlsplit(uri)
        if "://" in uri and (address.scheme != "s3" or not address.netloc or "@" in address.netloc):
            fix = "Name s3://bucket/prefix or a folder; keys belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            raise StorageError("the storage's address cannot be read", "", fix, WHERE)
        self.uri = uri.rstrip("/") or "/"
        self.endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL") or None
        self.region = region or os.environ.get("AWS_REGION") or None

    def put(self, key: str, content: bytes | Path) -> None:
        """Store bytes, or a file of any size."""
        store = self._large if isinstance(content, Path) else self._small
        with told(self.uri):
            store.put(key, content, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)

    def get(self, key: str) -> bytes | None:
        """A small object's bytes; None when there is none of that name."""
        with suppress(FileNotFoundError), told(self.uri, key):
            return bytes(self._small.get(key).bytes())
        return None

    def download(self, key: str, target: Path) -> None:
        """Write an object to a file, which is there whole or not at all. Raises FileNotFoundError."""
        with told(self.uri, key):
            chunks = self._large.get(key).stream(min_chunk_size=PART_BYTES)
        with atomic_path(target) as temporary, temporary.open("wb") as out:
            while chunk := self._next(chunks):
                out.write(chunk)

    def list(self, prefix: str, after: str = "") -> list[Stored]:
        """Every object below the folder `prefix`, or those of them that sort behind the key `after`; by key."""
        with told(self.uri):
            found = self._small.list(prefix, offset=after or None).collect()
        stored = (Stored(one["path"], one["size"], one["last_modified"]) for one in found)
        return sorted(stored, key=lambda one: one.key)

    def delete(self, key: str) -> None:
        """Remove one object; that it is gone already is no error."""
        with suppress(FileNotFoundError), told(self.uri, key):
            self._small.delete(key)

    def _next(self, chunks: "BytesStream") -> bytes | None:
        with told(self.uri):
            return next(chunks, None)

    @cached_property
    def _small(self) -> "ObjectStore":
        return self._open(*SMALL)

    @cached_property
    def _large(self) -> "ObjectStore":
        return self._open(*LARGE)

    def _open(self, client: "ClientConfig", retry: "RetryConfig") -> "ObjectStore":
        from obstore.store import LocalStore

        if self.uri.startswith("s3://"):
            return self._s3(client, retry)
        with told(self.uri):
            return LocalStore(Path(self.uri).expanduser().absolute(), mkdir=True)

    def _s3(self, client: "ClientConfig", retry: "RetryConfig") -> "ObjectStore":
        from obstore.store import S3Store

        address = urlsplit(self.uri)
        config: S3Config = {"disable_bulk_delete": True}
        if self.endpoint:
            config["endpoint"] = self.endpoint
        if self.region:
            config["region"] = self.region
        return S3Store(
            address.netloc,
            prefix=address.path.strip("/") or None,
            config=config,
            client_options={"allow_http": (self.endpoint or "").startswith("http://"), **client},
            retry_config=retry,
        )
