"""MLflow beside a run: a tracking server that is away never fails it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from luthier.run import Run

if TYPE_CHECKING:
    from luthier.tracking import Tracker

log = logging.getLogger("prefect.luthier")


def tolerant_tracker(run: Run, call: "Callable[[Tracker], Any]") -> Any:
    """`call` with the run's tracker; a server that is away is logged. What was missed is sent with the next call."""
    from mlflow.exceptions import MlflowException

    from luthier.tracking import Tracker

    try:
        tracker = Tracker(run.settings.tracking_uri, run.folder)
        tracker.start(run.spec, run.data_sha256)
        return call(tracker)
    except MlflowException as error:
        log.warning("MLflow did not take it; it is sent again later: %s", error)
        return None


@contextmanager
def tracked(run: Run) -> Iterator[None]:
    """Open the MLflow run, and close it as failed or killed when the block does not end well."""
    tolerant_tracker(run, lambda tracker: None)
    try:
        yield
    except BaseException as error:
        status = "FAILED" if isinstance(error, Exception) else "KILLED"
        tolerant_tracker(run, lambda tracker: tracker.fail(status))
        raise
