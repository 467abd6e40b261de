"""A run's folder in the storage: contents first, then one list of them, so that it is there whole or as before."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from luthier.compute.orders import Entry, Remote, fetch
from luthier.compute.owner import Owner
from luthier.errors import StorageError
from luthier.run_folder import RunFolder
from luthier.storage import read_json, sha256_bytes, sha256_file, write_json
from luthier.training.checkpoint_restore import restore

STAYS = {"lock", "shared.json", "checkpoints", "pods"}
"""What is of one machine, or has its own way into the storage."""

STAYS_ANYWHERE = {"worker.json", "heartbeat.json"}
"""A process, and its signs of life."""

WRITTEN_ONCE = {".parquet", ".arrow", ".safetensors", ".zip"}
"""Files that are sent as they lie; others may grow or be replaced meanwhile, and are read at once."""


class Listed(BaseModel):
    """The files of a run's folder. `version` counts up with every change, whichever home makes it."""

    version: int
    files: list[Entry]

    def has(self, path: str) -> bool:
        return any(entry.path == path for entry in self.files)


class SharedFolder:
    """Every call raises StorageUnavailable or StorageError."""

    def __init__(self, remote: Remote, run: RunFolder, owner: Owner):
        self.remote, self.run, self.owner = remote, run, owner
        self.record = run.root / "shared.json"
        known: dict[str, Any] = read_json(self.record) if self.record.exists() else {"version": 0, "seen": {}}
        self.version: int = known["version"]
        self.seen: dict[str, list[int | str]] = known["seen"]

    def listed(self) -> Listed | None:
        """What the storage holds of this run's folder."""
        return listed(self.remote)

    def bring(self) -> bool:
        """Copy what another home has done since; True where it has. Every file's hash is verified."""
        there = self.listed()
        if there is None or there.version <= self.version:
            return False
        _check_paths(self.run.root, there.files)
        for marker in self.run.marker("any").parent.glob("*.json"):
            if not there.has(str(marker.relative_to(self.run.root))):
                marker.unlink()
        fetch(self.remote.bucket, sorted(there.files, key=lambda entry: _is_marker(entry.path)), self.run.root)
        if not there.has("stages/train.json"):
            restore(self.remote.bucket, self.remote.checkpoints, self.run.checkpoints)
        self.seen = {entry.path: [*_stamp(self.run.root / entry.path), entry.sha256] for entry in there.files}
        self._remember(there.version)
        return True

    def send(self) -> None:
        """Store what has changed. Raises AlreadyRunning when another home has taken the run over."""
        there = self.listed()
        before = {entry.path: entry for entry in there.files} if there else {}
        files = [entry for name in shared_files(self.run) if (entry := self._sent(name, before))]
        if files == list(before.values()):
            return
        self.owner.check()
        after = Listed(version=self.version + 1, files=files)
        self.remote.put_json(f"{self.remote.root}/folder.json", after.model_dump())
        self._remember(after.version)
        for key in {entry.key for entry in before.values()} - {entry.key for entry in files}:
            self.remote.bucket.delete(key)

    def _remember(self, version: int) -> None:
        self.version = version
        write_json(self.record, {"version": version, "seen": self.seen})

    def _sent(self, name: str, before: dict[str, Entry]) -> Entry | None:
        """The file's entry, its content being in the storage; None where it has just gone."""
        path = self.run.root / name
        try:
            stamp = _stamp(path)  # before it is read: what changes from here on has another one
            if name in before and self.seen.get(name) == [*stamp, before[name].sha256]:
                return before[name]
            content = path if path.suffix in WRITTEN_ONCE else path.read_bytes()
            digest = sha256_file(content) if isinstance(content, Path) else sha256_bytes(content)
        except FileNotFoundError:
            return None
        size = stamp[0] if isinstance(content, Path) else len(content)
        entry = Entry(path=name, size=size, sha256=digest, key=f"{self.remote.root}/folder/{digest}")
        if entry.key not in {other.key for other in before.values()}:
            self.remote.bucket.put(entry.key, content)
            self.owner.keep()
        self.seen[name] = [*stamp, digest]
        return entry


def listed(remote: Remote) -> Listed | None:
    found = remote.get_json(f"{remote.root}/folder.json")
    return Listed.model_validate(found) if found else None


def shared_files(run: RunFolder) -> list[str]:
    """Paths within the run, markers first: a stage whose marker is listed has all its files behind it."""
    found = (path.relative_to(run.root) for path in run.root.rglob("*") if path.is_file())
    kept = (path for path in found if path.parts[0] not in STAYS and not _stays(path))
    return sorted((str(path) for path in kept), key=lambda path: (not _is_marker(path), path))


def _stays(path: Path) -> bool:
    return any(part.startswith(".") or part in STAYS_ANYWHERE for part in path.parts)


def _is_marker(path: str) -> bool:
    return path.startswith("stages/")


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _check_paths(root: Path, entries: list[Entry]) -> None:
    """Raises StorageError for a list that names files outside the run's folder."""
    for entry in entries:
        if not (root / entry.path).resolve().is_relative_to(root.resolve()):
            raise StorageError(
                f"the storage lists a file outside the run's folder: {entry.path}", "", "Look who wrote it."
            )
