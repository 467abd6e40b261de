"""The rented pods of a run: whatever happens to the run, none of them outlives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from prefect import get_run_logger

from luthier.compute.pod_environment import pod_environment
from luthier.compute.pods.record import Records
from luthier.compute.rented import Rented, end_pods, open_rented
from luthier.errors import LuthierError, WaitsForApproval
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import load_spec
from luthier.storage import read_json


def is_rented(run: Run) -> bool:
    return run.spec.compute.provider != "local"


def rented_pods(run: Run) -> Rented:
    return open_rented(run.folder, run.spec, run.settings)


def check_settings(run: Run) -> None:
    """Raises SpecError and StorageError where a pod is wanted and none could work with these settings; asks nobody."""
    if is_rented(run):
        rented_pods(run)
        pod_environment(run.folder.run_id, "", run.settings, datetime.now(UTC))


def hours_needed(run: Run) -> float:
    """At most, for the whole run, by the estimate that was made before anything was rented."""
    return read_json(run.folder.estimate)["seconds"]["high"] / 3600


def end_pods_of(run: RunFolder, cause: str) -> None:
    """End those of the run's pods that its records say are not ended. Raises what the provider's calls raise."""
    if Records(run).open():
        end_pods(run, load_spec(run.spec), Settings(), cause)


def release(run: Run, cause: str) -> None:
    """As end_pods_of; that it did not work is told, and no reason to fail: the janitor looks again."""
    try:
        end_pods_of(run.folder, cause)
    except LuthierError as error:
        get_run_logger().error("a pod may still run, and cost money: %s", error)


@contextmanager
def released(run: Run) -> Iterator[None]:
    """End the run's pods after the block, however it ends."""
    cause = "The run was stopped"
    try:
        yield
        cause = "The run is done"
    except WaitsForApproval:
        cause = "The run waits for approval"
        raise
    except Exception as error:
        cause = f"The run failed: {type(error).__name__}"
        raise
    finally:
        release(run, cause)
