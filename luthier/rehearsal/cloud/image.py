"""Images: a name that pods ask for, and the command that it stands for here."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Image:
    """What `docker run` would start. A pod's `args` replace `command`, as they replace an image's CMD."""

    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def base_environment(disk: Path) -> dict[str, str]:
    """What any image sets for itself: where programs are, and a home and a /tmp on the container's own disk."""
    search = os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": search, "HOME": str(disk), "TMPDIR": str(disk / "tmp"), "LANG": "C.UTF-8"}
