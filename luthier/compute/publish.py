"""A finished run in the storage, under the names that it has at home, for people and other machines to find."""

from luthier.compute.orders import Remote
from luthier.run_folder import RunFolder

FILES = ("spec.yaml", "events.jsonl", "metrics.csv", "package.zip")
FOLDERS = ("baseline/*", "evaluation/*", "adapter/*", "report/*")
WORKING = {"partial.jsonl"}


def publish(remote: Remote, run: RunFolder) -> None:
    """Put the run's files, then remove what only its pods needed. Raises StorageUnavailable, StorageError."""
    for pattern in (*FILES, *FOLDERS):
        for path in sorted(run.root.glob(pattern)):
            if path.is_file() and path.name not in WORKING:
                remote.bucket.put(f"{remote.root}/{path.relative_to(run.root)}", path)
    for stored in remote.bucket.list(f"{remote.root}/files"):
        remote.bucket.delete(stored.key)
