"""An optimizer's running averages, by the names that weights have in files, whichever engine wrote them."""

from pathlib import Path
from typing import Any

import numpy as np

MOMENTS = ("exp_avg", "exp_avg_sq")
"""torch's names for the averages of the gradients and of their squares."""

Moments = dict[str, dict[str, np.ndarray]]
"""By kind, then by the weight's name: float32, in the weight's shape."""


def read_moments(folder: Path) -> Moments:
    """Of a checkpoint of either engine."""
    if (folder / "optimizer.safetensors").exists():
        return _of_mlx(folder / "optimizer.safetensors")
    return _of_torch(folder / "optimizer.pt")


def _of_mlx(file: Path) -> Moments:
    from safetensors.numpy import load_file

    moments: Moments = {kind: {} for kind in MOMENTS}
    for key, value in load_file(file).items():
        kind, name = key.split(".", 1)
        moments[kind][name] = value
    return moments


def _of_torch(file: Path) -> Moments:
    """The names are in the groups, as `Trainer` writes them."""
    import torch

    saved: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    names = {
        number: name
        for group in saved["param_groups"]
        for number, name in zip(group["params"], group["param_names"], strict=True)
    }
    return {kind: {names[at]: state[kind].numpy() for at, state in saved["state"].items()} for kind in MOMENTS}
