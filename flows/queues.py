"""How many runs may use the GPUs of this machine at once: a limit of a work queue.

Prefect counts a work queue's runs from their states in its database. Its other limits (a deployment's, a global one)
are leases that the server keeps in memory: when it restarts, a training of days loses its lease and is cancelled.
"""

import shutil
import subprocess

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from luthier.settings import Settings

GPU = "gpu"
"""The queue of what trains on this machine; prefect.yaml names it."""

RENTED = "default"
"""The queue of what only waits for others' machines; it has no limit."""


def register(pool: str, settings: Settings) -> None:
    """Let the queue `gpu` of `pool` start as many runs at once as there are slots."""
    slots = settings.gpu_slots or gpus()
    with get_client(sync_client=True) as client:
        try:
            queue = client.read_work_queue_by_name(GPU, work_pool_name=pool)
        except ObjectNotFound:
            queue = client.create_work_queue(GPU, work_pool_name=pool)
        client.update_work_queue(queue.id, concurrency_limit=slots)


def gpus() -> int:
    """GPUs of this machine that NVIDIA's driver lists; 1 where it lists none, as a CPU trains one model at a time."""
    tool = shutil.which("nvidia-smi")
    told = subprocess.run([tool, "-L"], capture_output=True, text=True).stdout if tool else ""
    return max(1, sum(line.startswith("GPU ") for line in told.splitlines()))
