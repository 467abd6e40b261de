"""MLflow beside a run: a tracking server that is away never fails it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import get_run_logger

from luthier.errors import Rejected, WaitsForApproval
from luthier.run import Run
from luthier.run_folder import RunFolder

if TYPE_CHECKING:
    from luthier.tracking import Tracker


def tolerant_tracker(run: Run, call: "Callable[[Tracker], Any]") -> Any:
    """`call` with the run's tracker; a server that is away is logged. What was missed is sent with the next call."""
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        tracker = _tracker(run.settings.tracking_uri, run.folder.root)
        if not tracker.state:
            tracker.start(run.spec, run.data_sha256)
        return call(tracker)
    except (MlflowException, RequestException, SQLAlchemyError, OSError) as error:
        get_run_logger().warning("MLflow did not take it; it is sent again later: %s", error)
        return None


@cache
def _tracker(uri: str, root: Path) -> "Tracker":
    """Connecting takes a second, so it is done once a process."""
    from luthier.tracking import Tracker

    return Tracker(uri, RunFolder(root))


@contextmanager
def tracked(run: Run) -> Iterator[None]:
    """Open the MLflow run; hand it everything at the end, or say that it waits, failed or was killed."""
    tolerant_tracker(run, lambda tracker: tracker.start(run.spec, run.data_sha256))
    try:
        yield
    except WaitsForApproval:
        tolerant_tracker(run, lambda tracker: tracker.wait())
        raise
    except BaseException as error:
        status = "FAILED" if isinstance(error, Exception) and not isinstance(error, Rejected) else "KILLED"
        tolerant_tracker(run, lambda tracker: tracker.close(status))
        raise
    tolerant_tracker(run, lambda tracker: tracker.finish(run.spec))
