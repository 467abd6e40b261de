"""The rented pods of a run: whatever happens to the run, none of them outlives it."""

from collections.abc import Iterator
from contextlib import contextmanager

from luthier.compute.pods.record import records
from prefect import get_run_logger

from luthier.compute.rented import Rented, open_rented
from luthier.errors import LuthierError
from luthier.run import Run


def is_rented(run: Run) -> bool:
    return run.spec.compute.provider != "local"


def rented_pods(run: Run) -> Rented:
    return open_rented(run.folder, run.spec, run.settings)


def release(run: Run, cause: str) -> None:
    """End the run's pods. That the provider does not answer is told, and no reason to fail: the janitor looks again."""
    if all(record.ended_at for record in records(run.folder)):
        return
    try:
        rented_pods(run).release(cause)
    except LuthierError as error:
        get_run_logger().error("a pod may still run, and cost money: %s", error)


@contextmanager
def released(run: Run) -> Iterator[None]:
    """End the run's pods after the block, however it ends."""
    cause = "The run was stopped"
    try:
        yield
        cause = "The run is done"
    except Exception as error:
        cause = f"The run failed: {type(error).__name__}"
        raise
    finally:
        release(run, cause)
