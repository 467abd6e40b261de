"""Failures of libraries, in a person's words."""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from luthier.errors import HomeError, LuthierError, OutOfMemory
from luthier.spec import TrainingSpec

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says when there is no room, or no more of it for this user."""

ROOM = 1 << 20
"""Bytes; a disk with less than this left is full, whatever error the writer gave."""


NO_MEMORY = (
    "can't allocate memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "MPS backend out of memory",
    "[metal::malloc]",
    "[malloc]",
    "Insufficient Memory",
)
"""How torch's CPU allocator, the CUDA driver, cuBLAS, torch on Apple silicon and MLX say it, in errors of no class of
their own."""


@contextmanager
def disk_failures(folder: Path) -> Iterator[None]:
    """Turn a full disk into HomeError; torch and safetensors hide the system's error in their own."""
    try:
        yield
    except LuthierError:
        raise
    except Exception as error:
        full = isinstance(error, OSError) and error.errno in FULL
        if not full and shutil.disk_usage(folder).free >= ROOM:
            raise
        raise HomeError(
            "there is no room left on the disk",
            f"{folder} is full; the last complete checkpoint and every finished answer are untouched.",
            "Make room and start the run again: it continues from there.",
            str(folder),
        ) from error


@contextmanager
def memory_failures(advice: Callable[[], OutOfMemory]) -> Iterator[None]:
    """Raise what `advice` gives where memory runs out, on a GPU or a CPU."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        import torch  # here and not before: what works within the block imports it more quickly

        too_big = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not too_big and not any(words in str(error) for words in NO_MEMORY):
            raise
        raise advice() from error


def too_big_to_train(training: TrainingSpec) -> OutOfMemory:
    return OutOfMemory(
        "there is not enough memory to train with these values",
        f"{training.micro_batch_tokens or training.max_length} tokens go through the model at once.",
        "Lower training.micro_batch_tokens or training.max_length, or set training.gradient_checkpointing: true.",
        "training.micro_batch_tokens",
    )


def too_big_to_ask(training: TrainingSpec) -> OutOfMemory:
    return OutOfMemory(
        "there is not enough memory to ask this model",
        f"Its weights are held as {training.dtype or 'float32'}, and several questions are answered at once.",
        "Set training.dtype: bfloat16, name a smaller model.base, or end other programs that need memory.",
        "model.base",
    )
