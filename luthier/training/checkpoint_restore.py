"""Bringing checkpoints back from the bucket: the newest complete one, verified byte by byte."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from luthier.bucket import Bucket
from luthier.storage import sync, write_bytes
from luthier.training.checkpoint_listing import listed_files
from luthier.training.checkpoint_writer import delete
from luthier.training.checkpoints import (
    MANIFEST,
    Checkpoint,
    PassedOver,
    Torn,
    check_fingerprint,
    compare,
    described,
    no_best,
    parse_manifest,
    step_of,
    verify,
)

FETCHING = ".fetching-"

Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Candidate:
    """A checkpoint in the bucket whose manifest is whole and whose files have the sizes it says.

    about: as of a local one, its path being only its name; manifest: its object's bytes; files: {path, size, sha256}.
    """

    about: Checkpoint
    manifest: bytes
    files: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return self.about.path.name


def look(bucket: Bucket, prefix: str) -> tuple[Candidate | None, list[PassedOver]]:
    """The newest checkpoint that seems whole, by manifests and sizes alone, and the newer ones that are not."""
    return _newest(bucket, prefix, None, take=lambda candidate: candidate)


def restore(
    bucket: Bucket, prefix: str, folder: Path, fingerprint: dict[str, Any] | None = None
) -> tuple[Checkpoint | None, list[PassedOver]]:
    """Bring the newest complete checkpoint into `folder`, and the best one that it counts on.

    Every file's hash is verified; a torn checkpoint is passed over, and so is one of another training when
    `fingerprint` is given. One that is whole in `folder` already is not downloaded. Raises what Bucket raises.
    """
    return _newest(bucket, prefix, fingerprint, take=partial(_fetch, bucket, prefix, folder))


def _newest(
    bucket: Bucket, prefix: str, fingerprint: dict[str, Any] | None, take: Callable[[Candidate], Taken]
) -> tuple[Taken | None, list[PassedOver]]:
    """The newest candidate that can be taken, its best one being taken before."""
    listed = listed_files(bucket, prefix)
    passed_over: list[PassedOver] = []
    for name in sorted(listed, reverse=True):
        try:
            candidate = _candidate(bucket, prefix, name, listed[name])
            check_fingerprint(candidate.about, fingerprint or candidate.about.fingerprint)
            _take_best(bucket, prefix, listed, candidate.about, take)
            return take(candidate), passed_over
        except Torn as torn:
            passed_over.append(PassedOver(Path(name), str(torn)))
    return None, passed_over


def _take_best(
    bucket: Bucket, prefix: str, listed: dict[str, dict[str, int]], about: Checkpoint, take: Callable[[Candidate], Any]
) -> None:
    """Raises Torn when no whole checkpoint of the best step is there."""
    if about.best_step is None or about.best_step == about.step:
        return
    for name in sorted(listed, reverse=True):
        if step_of(Path(name)) == about.best_step:
            with suppress(Torn):
                take(_candidate(bucket, prefix, name, listed[name]))
                return
    raise no_best(about.best_step)


def _candidate(bucket: Bucket, prefix: str, name: str, sizes: dict[str, int]) -> Candidate:
    """Raises Torn. `sizes`: bytes of its objects, by file."""
    content = bucket.get(f"{prefix}/{name}/{MANIFEST}") if MANIFEST in sizes else None
    manifest = parse_manifest(content)
    for entry in manifest["files"]:
        if sizes.get(entry["path"]) != entry["size"]:
            raise Torn(f"{entry['path']} is missing or has not the {entry['size']} bytes that were written")
    return Candidate(described(Path(name), manifest), content or b"", manifest["files"])


def _fetch(bucket: Bucket, prefix: str, folder: Path, candidate: Candidate) -> Checkpoint:
    """The checkpoint in `folder`, verified; it gets its name when it is whole. Raises Torn."""
    target, temporary = folder / candidate.name, folder / f"{FETCHING}{candidate.name}"
    with suppress(Torn):
        return verify(target)
    for entry in candidate.files:
        _fetch_file(bucket, f"{prefix}/{candidate.name}/{entry['path']}", temporary / entry["path"], entry)
    write_bytes(temporary / MANIFEST, candidate.manifest)
    fetched = verify(temporary)
    if target.exists():
        delete(target)
    temporary.rename(target)
    sync(folder)
    return replace(fetched, path=target)


def _fetch_file(bucket: Bucket, key: str, target: Path, entry: dict[str, Any]) -> None:
    """Download a file, unless it came whole before a kill."""
    try:
        compare(target, entry)
    except Torn:
        try:
            bucket.download(key, target)
        except FileNotFoundError:
            raise Torn(f"{target.name} is missing") from None
