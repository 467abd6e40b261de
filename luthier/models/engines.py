"""Which engine holds the model on this machine."""

import platform
import sys
from importlib.util import find_spec
from typing import Literal

from luthier.spec import TrainingSpec


def engine_here(training: TrainingSpec) -> Literal["trl", "mlx"]:
    """mlx where the resolved spec says so and it is installed: a rented machine that goes on with a Mac's has none."""
    return "mlx" if training.engine == "mlx" and has_mlx() else "trl"


def has_mlx() -> bool:
    """Whether mlx-lm is installed; nothing is imported."""
    return find_spec("mlx_lm") is not None


def is_apple_silicon() -> bool:
    return sys.platform == "darwin" and platform.machine() == "arm64"
