"""Which runs the storage knows."""

from contextlib import suppress

from luthier.bucket import open_bucket
from luthier.compute.orders import Remote
from luthier.compute.owner import Owner
from luthier.errors import StorageUnavailable
from luthier.home import home_id
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.sharing import shares
from luthier.sharing.folder import Listed, listed


class Elsewhere:
    """A set of run ids; empty where runs are not shared. Raises StorageUnavailable, StorageError."""

    def __init__(self, settings: Settings):
        self.bucket = open_bucket(settings) if shares(settings) else None

    def __contains__(self, run_id: object) -> bool:
        return self._listed(str(run_id)) is not None

    def is_complete(self, run_id: str) -> bool:
        there = self._listed(run_id)
        return there is not None and there.has("stages/report.json")

    def _listed(self, run_id: str) -> Listed | None:
        return listed(Remote(self.bucket, run_id)) if self.bucket else None


def is_elsewhere(run: RunFolder, settings: Settings) -> bool:
    """Whether another machine works on the run; False where runs are not shared, or the storage is away."""
    if not shares(settings):
        return False
    with suppress(StorageUnavailable):
        return Owner(Remote(open_bucket(settings), run.run_id), home_id(settings.root)).other() is not None
    return False
