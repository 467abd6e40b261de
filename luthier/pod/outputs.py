"""Which files a stage leaves for the machine that rented the pod."""

from luthier.compute.job import FOLDERS, Kind
from luthier.run_folder import RunFolder

NOT_NEEDED = {"partial.jsonl"}


def outputs(run: RunFolder, kind: Kind) -> list[str]:
    """Paths within the run."""
    files = sorted((run.root / FOLDERS[kind]).iterdir())
    return [str(path.relative_to(run.root)) for path in files if path.is_file() and path.name not in NOT_NEEDED]
