"""How much of its GPU this process sees in use; nothing where there is none."""

import sys
from contextlib import suppress
from typing import Any

GB = 1e9


def gpu_use() -> dict[str, Any] | None:
    """{memory_gb, memory_total_gb, utilisation}: in GB, and in percent or None.

    None until the work has begun to use CUDA: to look must not be what begins it.
    """
    torch: Any = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return None
    utilisation = None
    with suppress(Exception):  # it needs pynvml, and a driver that tells
        utilisation = cuda.utilization()
    free, total = cuda.mem_get_info()
    return {"memory_gb": (total - free) / GB, "memory_total_gb": total / GB, "utilisation": utilisation}
