"""A whole model's weights in Hugging Face's file and names."""

import shutil
from pathlib import Path

import mlx.core as mx
import numpy as np
from safetensors.numpy import save_file

from luthier.models.mlx.layers import read_tensors
from luthier.models.weights import ANSWERING, MODEL
from luthier.storage import read_json, write_json


def write_model(weights: dict[str, mx.array], base: Path, folder: Path) -> None:
    """Float32 weights, with the base's configuration."""
    config = read_json(base / MODEL.config)
    config.pop("torch_dtype", None)
    save_file({name: np.array(weight) for name, weight in weights.items()}, folder / MODEL.weights, {"format": "pt"})
    write_json(folder / MODEL.config, config | {"dtype": "float32"})
    if (base / ANSWERING).exists():
        shutil.copyfile(base / ANSWERING, folder / ANSWERING)


def read_model(folder: Path) -> dict[str, mx.array]:
    return read_tensors(folder / MODEL.weights)
