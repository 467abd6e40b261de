"""$LUTHIER_HOME: can it hold a run?"""

import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from luthier.errors import HomeError

ROOM_BYTES = 512 * 2**20
"""Databases, logs and the checkpoints of a small adapter; the base model comes on top."""


def check_home(root: Path) -> None:
    """Make the folder. Raises HomeError when it cannot be written or has no room for a run."""
    fix = "Set LUTHIER_HOME (or home in luthier.toml) to a folder that you can write."
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=root) as probe:
            probe.write(b"x")
    except OSError as error:
        raise HomeError("the home cannot be written", error.strerror or str(error), fix, str(root)) from None
    free = shutil.disk_usage(root).free
    if free < ROOM_BYTES:
        raise HomeError(
            f"the disk has {free / 2**20:.0f} MiB free, a run needs at least {ROOM_BYTES / 2**20:.0f} MiB",
            "Checkpoints and databases would fill it.",
            "Free some space, or set LUTHIER_HOME to a folder on another disk.",
            str(root),
        )


def home_id(root: Path) -> str:
    """Eight hex digits that mark this home's pods among those of an account; drawn once, kept in `<home>/id`."""
    file = root / "id"
    if not file.exists():
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=root, prefix=".id.") as drawn:
            drawn.write(secrets.token_hex(4))
            drawn.flush()
            os.fsync(drawn.fileno())
            with contextlib.suppress(FileExistsError):  # another process was first: its id counts
                os.link(drawn.name, file)
    return file.read_text().strip()
