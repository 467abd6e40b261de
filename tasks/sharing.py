"""A run that the storage keeps too, so that another machine can go on with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from prefect import get_run_logger

from luthier.run import Run
from luthier.sharing import shares
from luthier.sharing.sharer import Sharer
from tasks.pods import is_rented


@contextmanager
def shared(run: Run) -> Iterator[None]:
    """Keep the run in the storage during the block, inside its lock; nothing where runs are not shared, or rented.

    Raises AlreadyRunning, when another machine works on it, StorageUnavailable and StorageError.
    """
    if not shares(run.settings) or is_rented(run):
        yield
        return
    log = get_run_logger()
    with Sharer(run.folder, run.settings) as sharer:
        if sharer.brought:
            log.info("another machine began this run; it goes on here")
        yield
    if sharer.trouble:
        log.warning("the storage lacks the last of this run: %s", sharer.trouble)
