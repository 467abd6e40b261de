"""Which checkpoint training can go on from: every byte of it verified."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from luthier.models.weights import ADAPTER, MODEL
from luthier.storage import sha256_file, sha256_json

MANIFEST = "manifest.json"
STATES = {
    "trl": {"optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"},
    "mlx": {"optimizer.safetensors", "trainer_state.json"},
}
"""By engine what a checkpoint holds besides the weights. Without any one of these a resumed training would silently
become another training."""

ROUNDING = {"packing", "micro_batch_tokens", "gradient_checkpointing"}
"""Values of a training that change no more than the last digits of its numbers: how a step is cut into pieces."""

ALONE = {"processes": 1, "sharding": "none"}
"""Values of `compute` that change no more than that, and what dropout drops; as they are where nothing says them."""

NAME = re.compile(r"step-(\d{8})-a(\d{3,})")


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint. `best_step`: the step with the lowest validation loss so far, or None."""

    path: Path
    step: int
    attempt: int
    validation_loss: float | None
    best_step: int | None
    fingerprint: dict[str, Any]
    engine: Literal["trl", "mlx"]


@dataclass(frozen=True)
class PassedOver:
    """A checkpoint that cannot be used, and why."""

    path: Path
    reason: str


def newest_complete(
    folder: Path, fingerprint: dict[str, Any] | None = None
) -> tuple[Checkpoint | None, list[PassedOver]]:
    """The newest checkpoint that training can go on from, and the newer ones that it cannot.

    Every file's hash is verified, also those of the best checkpoint it counts on: the final adapter
    may come from there. With `fingerprint`, one of another training is passed over.
    """
    passed_over = []
    for path in newest_first(folder):
        try:
            checkpoint = verify(path)
            _check_best(folder, checkpoint)
            check_fingerprint(checkpoint, fingerprint or checkpoint.fingerprint)
        except Torn as torn:
            passed_over.append(PassedOver(path, str(torn)))
        else:
            return checkpoint, passed_over
    return None, passed_over


def complete_at(folder: Path, step: int) -> Checkpoint | None:
    """A whole checkpoint of this step, whichever attempt wrote it."""
    for path in newest_first(folder):
        if step_of(path) == step:
            try:
                return verify(path)
            except Torn:
                continue
    return None


class Torn(Exception):
    """Why a checkpoint cannot be used."""


def verify(path: Path) -> Checkpoint:
    """Read the manifest and compare every file with it. Raises Torn."""
    manifest = parse_manifest((path / MANIFEST).read_bytes() if (path / MANIFEST).is_file() else None)
    for entry in manifest["files"]:
        compare(path / entry["path"], entry)
    return described(path, manifest)


def described(path: Path, manifest: dict[str, Any]) -> Checkpoint:
    """The checkpoint at `path`, by its manifest."""
    about = {key: manifest[key] for key in ("step", "attempt", "validation_loss", "best_step", "fingerprint", "engine")}
    return Checkpoint(path, **about)


def check_fingerprint(checkpoint: Checkpoint, expected: dict[str, Any]) -> None:
    """Raises Torn when the checkpoint belongs to another training, naming what differs; not by ROUNDING and ALONE."""
    keys = sorted((expected.keys() | checkpoint.fingerprint.keys()) - ROUNDING - ALONE.keys())
    differing = [key for key in keys if expected.get(key) != checkpoint.fingerprint.get(key)]
    if differing:
        key = differing[0]
        raise Torn(
            f"it belongs to another training: {', '.join(differing)} differ "
            f"({key}: {checkpoint.fingerprint.get(key)} there, {expected.get(key)} here)"
        )


def newest_first(folder: Path) -> list[Path]:
    """All checkpoints by step, then attempt; whole or not."""
    found = [path for path in folder.glob("step-*") if NAME.fullmatch(path.name)]
    return sorted(found, reverse=True)


def step_of(path: Path) -> int:
    return int(path.name.split("-")[1])


def worth_keeping(newest_first: Sequence[Path], keep: int, best_step: int | None) -> set[Path]:
    """The newest `keep` steps and the best one.

    Of two attempts' checkpoints of one step the later counts: it was written because the earlier was torn.
    """
    newest: dict[int, Path] = {}
    for path in newest_first:
        newest.setdefault(step_of(path), path)
    return {path for index, (step, path) in enumerate(newest.items()) if index < keep or step == best_step}


def parse_manifest(content: bytes | None) -> dict[str, Any]:
    """The manifest, if it is what was written: it ends with a hash of itself. Raises Torn."""
    if content is None:
        raise Torn("it has no manifest: its writer died before the end")
    try:
        manifest = orjson.loads(content)
        written = manifest.pop("sha256")
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        raise Torn("its manifest cannot be read") from None
    if sha256_json(manifest) != written:
        raise Torn("its manifest is not what was written (its hash differs)")
    manifest.setdefault("engine", "trl")  # older versions had no other
    files = {entry["path"] for entry in manifest["files"]}
    form = MODEL if MODEL.weights in files else ADAPTER
    if missing := {*form, *STATES[manifest["engine"]]} - files:
        raise Torn(f"its manifest lacks {', '.join(sorted(missing))}")
    return manifest


def no_best(step: int) -> Torn:
    """Why a checkpoint is no use whose best is gone."""
    return Torn(f"the best checkpoint so far, step {step}, is torn or missing, and the final adapter may be its")


def compare(path: Path, entry: dict[str, Any]) -> None:
    """Raises Torn when a file is not the one that a manifest lists."""
    if not path.is_file():
        raise Torn(f"{path.name} is missing")
    if path.stat().st_size != entry["size"]:
        raise Torn(f"{path.name} has {path.stat().st_size} bytes, not {entry['size']}")
    if sha256_file(path) != entry["sha256"]:
        raise Torn(f"{path.name} is not what was written (its hash differs)")


def _check_best(folder: Path, checkpoint: Checkpoint) -> None:
    best = checkpoint.best_step
    if best is not None and best != checkpoint.step and complete_at(folder, best) is None:
        raise no_best(best)
