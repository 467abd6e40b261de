"""Where a deployed flow run works: the folder from which relative paths and `luthier.toml` are read."""

import os
from pathlib import Path

FOLDER = "LUTHIER_FOLDER"
"""Set by `luthier join` for its worker: the folder in which it was started."""


def enter(directory: str) -> dict[str, str]:
    """A pull step of prefect.yaml. On a machine that joined, `directory` is a folder of another machine."""
    folder = Path(os.environ.get(FOLDER) or directory)
    os.chdir(folder)
    return {"directory": str(folder)}
