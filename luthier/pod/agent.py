"""The first process of a pod: waits for orders, carries them out one by one, says when the pod should end."""

import os
import time
from datetime import datetime
from pathlib import Path

from luthier.bucket import open_bucket
from luthier.compute.orders import Order, Remote
from luthier.errors import StorageUnavailable
from luthier.pod.attempt import Attempt
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.worker import Stop

POLL_S = 1.0
IDLE_S = 900
"""Without an order for so long, nobody is there who wants this pod; the same where the storage is out of reach."""


class Agent:
    """`name` ends with -p<number>; only orders for that number are its own."""

    def __init__(self, name: str, run_id: str, settings: Settings):
        self.name, self.number = name, int(name.rpartition("-p")[2])
        self.settings = settings
        self.run = RunFolder(settings.runs / run_id)
        self.remote = Remote(open_bucket(settings), run_id)
        self.leaving = Stop()
        self.deadline = datetime.fromisoformat(os.environ["LUTHIER_POD_DEADLINE"]).timestamp()

    def serve(self) -> str:
        """Carry out orders until there is a reason to end this pod; returns it."""
        last, busy = 0, time.monotonic()
        while (reason := self._reason_to_end(busy)) is None:
            try:
                fence = self.remote.fence()
                if fence and fence.pod > self.number:
                    return f"pod {fence.pod} took its place"
                if fence and fence.pod == self.number and fence.attempt > last:
                    order = self.remote.order(fence.attempt)
                    if order.pod != self.name:  # of another home, which counts its own pods
                        return f"{order.pod} took its place"
                    self._carry_out(order)
                    last, busy = fence.attempt, time.monotonic()
            except StorageUnavailable as error:
                print(error, flush=True)
            time.sleep(POLL_S)
        return reason

    def _reason_to_end(self, busy: float) -> str | None:
        if self.leaving():
            return "it was asked to leave"
        if time.time() > self.deadline:
            return "its deadline has passed"
        if time.monotonic() - busy > IDLE_S:
            return f"nobody gave it an order for {IDLE_S} s"
        return None

    def _carry_out(self, order: Order) -> None:
        print(f"attempt {order.attempt}", flush=True)
        Attempt(self.remote, self.run, order, self.settings, self.models, self._must_stop).run()

    def _must_stop(self) -> bool:
        return self.leaving() or time.time() > self.deadline

    @property
    def models(self) -> Path:
        """Where base models are kept: on the volume, if one is mounted, for the next pod to find."""
        volume = Path(os.environ.get("LUTHIER_VOLUME", "/workspace"))
        if not volume.is_dir():
            return self.settings.models
        if not os.access(volume, os.W_OK):
            print(f"{volume} cannot be written; build the image with POD_USER=root to keep models there", flush=True)
            return self.settings.models
        return volume / "luthier" / "models"
