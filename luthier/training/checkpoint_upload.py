"""Sending checkpoints to the bucket while training goes on: files first, manifest last."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from luthier.bucket import Bucket
from luthier.storage import read_json
from luthier.training.checkpoint_listing import listed_files
from luthier.training.checkpoints import MANIFEST, complete_at, worth_keeping

SENDING = ".sending-"


def snapshot(checkpoint: Path) -> Path:
    """Hard links to a checkpoint's files, which stay when it is rotated away; for `upload`, which removes them.

    Raises FileNotFoundError when it was rotated away meanwhile.
    """
    copy = checkpoint.with_name(SENDING + checkpoint.name)
    if (copy / MANIFEST).exists():
        return copy
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    try:
        for path in _manifest_last(checkpoint):
            os.link(path, copy / path.name)
    except BaseException:
        shutil.rmtree(copy)
        raise
    return copy


def snapshots(newest: Path, sent: set[str]) -> tuple[list[Path], int | None]:
    """Snapshots of a checkpoint and, before it, of the best one that it counts on, unless that is `sent`; its step.

    Snapshots that an outage left behind hold the disk, and go. Raises FileNotFoundError as `snapshot`.
    """
    folder = newest.parent
    for path in folder.glob(f"{SENDING}*"):
        if path.name != SENDING + newest.name:
            shutil.rmtree(path)
    copy = snapshot(newest)
    best_step = read_json(copy / MANIFEST)["best_step"]
    best = complete_at(folder, best_step) if best_step is not None else None
    wanted = [snapshot(best.path)] if best and best.path.name not in {newest.name, *sent} else []
    return [*wanted, copy], best_step


def upload(checkpoint: Path, bucket: Bucket, prefix: str, may_publish: Callable[[], None]) -> str:
    """Store a checkpoint, or a snapshot of one, which is removed then; returns its name.

    What is there already, of an upload that broke off, is left as it is. `may_publish` is asked right before
    the manifest and raises when another attempt has taken over. Raises what it raises, and what Bucket raises.
    """
    name = checkpoint.name.removeprefix(SENDING)
    there = {stored.key: stored.size for stored in bucket.list(f"{prefix}/{name}")}
    for path in _manifest_last(checkpoint):
        key = f"{prefix}/{name}/{path.name}"
        if path.name == MANIFEST:
            may_publish()
        if there.get(key) != path.stat().st_size:
            bucket.put(key, path)
    if checkpoint.name != name:
        shutil.rmtree(checkpoint)
    return name


def rotate(bucket: Bucket, prefix: str, keep: int, best_step: int | None) -> None:
    """Remove all but the newest `keep` steps and the best one; call after an upload.

    The newest is the newest of the latest attempt: what lies ahead of it was passed over when that began, or
    comes from an attempt that has just taken over, and is left alone. What was uploaded by half goes too.
    """
    listed = listed_files(bucket, prefix)
    complete = {name for name, files in listed.items() if MANIFEST in files}
    newest = max(complete, key=lambda name: (_attempt(name), name), default=None)
    if newest is None:
        return
    ours = sorted((Path(name) for name in complete if name <= newest), reverse=True)
    kept = {path.name for path in worth_keeping(ours, keep, best_step)}
    half = {name for name in listed.keys() - complete if _attempt(name) <= _attempt(newest)}
    for name in half | {path.name for path in ours} - kept:
        for file in sorted(listed[name], key=lambda file: file != MANIFEST):
            bucket.delete(f"{prefix}/{name}/{file}")


def _manifest_last(checkpoint: Path) -> list[Path]:
    return sorted(checkpoint.iterdir(), key=lambda path: (path.name == MANIFEST, path.name))


def _attempt(name: str) -> int:
    return int(name.rpartition("-a")[2])
