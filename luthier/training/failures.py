"""Failures of libraries, in a person's words."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from luthier.errors import HomeError, LuthierError, OutOfMemory

ROOM = 1 << 20
"""Bytes; a disk with less than this left is full, whatever error the writer gave."""


@contextmanager
def disk_failures(folder: Path) -> Iterator[None]:
    """Turn a full disk into HomeError; torch and safetensors hide the system's error in their own."""
    try:
        yield
    except LuthierError:
        raise
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if not full and shutil.disk_usage(folder).free >= ROOM:
            raise
        raise HomeError(
            "there is no room left on the disk",
            f"{folder} is full; the last complete checkpoint is untouched.",
            "Make room and start the run again: it continues from there.",
            str(folder),
        ) from error


@contextmanager
def memory_failures(micro_batch: int) -> Iterator[None]:
    """Turn running out of memory, on a GPU or a CPU, into OutOfMemory."""
    import torch

    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _out_of_memory(micro_batch) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):
            raise
        raise _out_of_memory(micro_batch) from error


def _out_of_memory(micro_batch: int) -> OutOfMemory:
    return OutOfMemory(
        "there is not enough memory to train with these values",
        f"{micro_batch} examples go through the model at once.",
        "Lower training.micro_batch or training.max_length, or set training.gradient_checkpointing: true.",
        "training.micro_batch",
    )
