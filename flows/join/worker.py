"""The worker of a machine that joined: `python -m flows.join.worker NAME QUEUE LIMIT`.

Unlike Prefect's own command, it ends well: after SIGTERM it takes no run any more, and stays until those that it has
are over, so that each says by itself how it ended.
"""

import asyncio
import signal
import sys

import httpx
from prefect.workers.process import ProcessWorker

from flows.up.workers import POOL

ASK_EVERY_S = 5
SHOW_EVERY = 6
"""It shows itself to the server each sixth time."""


async def work(name: str, queue: str, limit: int) -> None:
    """Until SIGTERM. A server that is away is asked again."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    worker = ProcessWorker(POOL, work_queues=[queue], name=name, limit=limit, create_pool_if_not_found=False)
    async with worker:
        turn = 0
        while not over.is_set():
            await _turn(worker, shows=turn % SHOW_EVERY == 0)
            turn += 1
            await _wait(over)
        while worker.limiter.borrowed_tokens:
            await asyncio.sleep(0.2)


async def _turn(worker: ProcessWorker, shows: bool) -> None:
    try:
        if shows:
            await worker.sync_with_backend()
        await worker.get_and_submit_flow_runs()
    except httpx.HTTPError as error:
        print(f"the Prefect server does not answer: {error!r}", flush=True)


async def _wait(over: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(over.wait(), ASK_EVERY_S)
    except TimeoutError:
        return


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
