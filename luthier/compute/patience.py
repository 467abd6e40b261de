"""Waiting for the storage: whatever runs in a pod goes on meanwhile, and nothing is lost."""

import time
from collections.abc import Callable
from typing import TypeVar

from luthier.errors import StorageUnavailable

STORAGE_PATIENCE_S = 3600
AGAIN_AFTER_S = 5

Answer = TypeVar("Answer")


def patiently(call: Callable[[], Answer]) -> Answer:
    """What `call` gives, asked again while the storage is away. Raises StorageUnavailable after an hour of that."""
    until = time.monotonic() + STORAGE_PATIENCE_S
    while True:
        try:
            return call()
        except StorageUnavailable:
            if time.monotonic() > until:
                raise
        time.sleep(AGAIN_AFTER_S)
