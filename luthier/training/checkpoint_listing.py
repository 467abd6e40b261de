"""Checkpoints in the bucket: below a prefix they lie as in a folder, `step-00000100-a002/<file>`."""

from luthier.bucket import Bucket
from luthier.training.checkpoints import NAME


def listed_files(bucket: Bucket, prefix: str) -> dict[str, dict[str, int]]:
    """What is there of each checkpoint, whole or not: sizes by file."""
    found: dict[str, dict[str, int]] = {}
    for stored in bucket.list(prefix):
        name, _, file = stored.key.removeprefix(f"{prefix}/").partition("/")
        if NAME.fullmatch(name):
            found.setdefault(name, {})[file] = stored.size
    return found
