"""The run's page as one Prefect artifact, kept fresh beside the work by a thread of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from uuid import UUID

from prefect import get_run_logger
from prefect.runtime import flow_run

from luthier import watching
from luthier.run import Run
from tasks import artifacts

FRESH_S = 15
"""Nothing that is shown may be older than a minute."""

BEGIN_S = 1
"""By then it is written down that the run has begun."""


@contextmanager
def shown(run: Run) -> Iterator[None]:
    """Keep the artifact `run-<run_id>` up to date around the block, and once more when it has ended."""
    page = _Page(run)
    over = threading.Event()
    thread = threading.Thread(target=copy_context().run, args=(_keep_fresh, page, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)
        page.push()


def _keep_fresh(page: "_Page", over: threading.Event) -> None:
    wait = BEGIN_S
    while not over.wait(wait):
        page.push()
        wait = FRESH_S


class _Page:
    def __init__(self, run: Run):
        self.run, self.flow_run = run, str(flow_run.id)
        self.artifact: UUID | None = None
        self.lock = threading.Lock()

    def push(self) -> None:
        """Never fails the run: a page that cannot be made is left out, and that is logged."""
        with self.lock:
            try:
                content = watching.page(self.run.folder, time.time())
            except Exception as error:
                get_run_logger().warning("the run's page could not be made: %s: %s", type(error).__name__, error)
                return
            if self.artifact is None:
                self.artifact = artifacts.of_flow_run(f"run-{self.run.folder.run_id}", content, self.flow_run)
            else:
                artifacts.update_markdown(self.artifact, content)
