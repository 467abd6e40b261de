"""What lets a process that imports torch, transformers and PEFT begin its work sooner.

Of the 4.9 CPU seconds that these imports took, a quarter was Python's garbage collector going through the growing heap
again and again, and a fifth were packages that are imported only because they are installed.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNUSED = ("bitsandbytes", "boto3")
"""PEFT imports the first, with torch's compiler behind it, and accelerate the second, for SageMaker, wherever they are
installed. Nothing here quantises or calls AWS."""


def leave_out_unused() -> None:
    """From here on this process has no UNUSED packages: None in sys.modules is how Python says "not to be found"."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


@contextmanager
def quick_imports() -> Iterator[None]:
    """No garbage collection within the block. What is imported there lives as long as the process, and is never looked
    at by a later collection either."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
