"""The storage between this machine and rented ones."""

from luthier.failures.cause import Cause

STORAGE = (
    Cause(
        name="storage_refused",
        title="The storage refuses the keys or the bucket",
        why="The credentials are wrong or have run out, or the bucket does not exist.",
        fix="Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the bucket, its region and its endpoint.",
        fits=lambda seen: seen.type == "StorageError",
    ),
    Cause(
        name="storage_away",
        title="The storage does not answer",
        why="The network or the service is down. Pods work on, and nothing is lost.",
        fix="Check the network and `storage_endpoint`.",
        fits=lambda seen: seen.type == "StorageUnavailable",
    ),
)
