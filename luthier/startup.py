"""What lets a process that imports torch, transformers and PEFT begin its work sooner.

Of the 4.9 CPU seconds that these imports took, a quarter was Python's garbage collector going through the growing heap
again and again, and a fifth were packages that are imported only because they are installed.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNUSED = ("boto3",)
QUANTISING = ("bitsandbytes",)
"""Accelerate imports the first, for SageMaker, and PEFT the second, with torch's compiler behind it, wherever they are
installed. Nothing here calls AWS, and only qlora quantises."""


def leave_out_unused(method: str = "lora") -> None:
    """From here on this process has no packages that the method does not use: None in sys.modules is how Python says
    "not to be found".
    """
    for name in UNUSED + (() if method == "qlora" else QUANTISING):
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
