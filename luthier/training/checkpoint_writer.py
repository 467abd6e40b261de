"""Checkpoints are complete or not there: temporary folder, hashes, manifest last, rename."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from luthier.storage import sha256_file, sha256_json, sync, write_json
from luthier.training.checkpoints import MANIFEST, newest_first, worth_keeping

LEFTOVER = re.compile(r"\.(saving|old|sending|fetching)-.*")


def write(
    folder: Path,
    step: int,
    attempt: int,
    fill: Callable[[Path], None],
    about: dict[str, Any],
    before_publishing: Callable[[], None],
) -> Path:
    """Publish a checkpoint: `fill` writes its files, `about` goes into the manifest.

    `before_publishing` may raise to say that this attempt must not write any more. Returns the
    checkpoint's path; raises what `fill` raises, leaving nothing behind.
    """
    name = f"step-{step:08d}-a{attempt:03d}"
    temporary = folder / f".saving-{name}"
    temporary.mkdir(parents=True)
    try:
        fill(temporary)
        files = [_entry(path) for path in sorted(temporary.iterdir())]
        created = datetime.now(UTC).isoformat()
        manifest = {"step": step, "attempt": attempt, "created": created, **about, "files": files}
        write_json(temporary / MANIFEST, manifest | {"sha256": sha256_json(manifest)})
        sync(temporary)
        before_publishing()
        temporary.rename(folder / name)
        sync(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return folder / name


def rotate(folder: Path, keep: int, best_step: int | None) -> None:
    """Delete all but the newest `keep` steps and the best one; call after the newest is complete."""
    paths = newest_first(folder)
    kept = worth_keeping(paths, keep, best_step)
    for path in paths:
        if path not in kept:
            delete(path)


def clear_leftovers(folder: Path) -> None:
    """Remove what was left half-written, half-deleted or half-copied by a process that was killed."""
    for path in folder.glob(".*"):
        if LEFTOVER.fullmatch(path.name):
            shutil.rmtree(path)


def set_aside_newer(folder: Path, than: Path | None) -> None:
    """Move the checkpoints that were passed over into `torn/`, out of the way and for a person to look at."""
    for path in newest_first(folder):
        if than is not None and path.name <= than.name:
            return
        target = folder / "torn" / path.name
        target.parent.mkdir(exist_ok=True)
        path.rename(target)


def _entry(path: Path) -> dict[str, Any]:
    sync(path)
    return {"path": path.name, "size": path.stat().st_size, "sha256": sha256_file(path)}


def delete(path: Path) -> None:
    """Rename first: a kill in the middle leaves no half checkpoint under a real name."""
    doomed = path.with_name(f".old-{path.name}")
    path.rename(doomed)
    shutil.rmtree(doomed)
