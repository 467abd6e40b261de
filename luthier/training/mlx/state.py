"""A training's state in a checkpoint, by names and in shapes that the other engine knows as well."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mlx.core as mx
import numpy as np
from safetensors.numpy import save_file

from luthier.models.mlx.adapter import as_mlx, as_peft
from luthier.models.mlx.peft_form import mlx_name, peft_name
from luthier.storage import read_json, write_json
from luthier.training.course import Course
from luthier.training.history import Log
from luthier.training.mlx.adam import Adam, Arrays
from luthier.training.moments import MOMENTS, read_moments

STATE = "trainer_state.json"


class Outside(NamedTuple):
    """How a weight of MLX's is called and laid out in files, and the other way."""

    name: Callable[[str], str]
    value: Callable[[mx.array], np.ndarray]
    own_name: Callable[[str], str]
    own_value: Callable[[mx.array], mx.array]


ADAPTER_FORM = Outside(peft_name, as_peft, mlx_name, as_mlx)
MODEL_FORM = Outside(str, np.array, str, mx.array)


def write_state(folder: Path, form: Outside, adam: Adam, course: Course, step: int, log: Log) -> None:
    """The optimizer; and step and log as transformers' TrainerState, which the other engine reads."""
    moments = {
        f"{kind}.{form.name(name)}": form.value(value)
        for kind, values in zip(MOMENTS, (adam.means, adam.squares), strict=True)
        for name, value in values.items()
    }
    save_file(moments, folder / "optimizer.safetensors", metadata={"format": "pt"})
    size = {"max_steps": course.steps, "train_batch_size": course.batch_size, "logging_steps": 1}
    write_json(folder / STATE, {"global_step": step, "log_history": log} | size)


def read_log(folder: Path) -> tuple[int, Log]:
    """The step, and what was logged until then."""
    state = read_json(folder / STATE)
    return state["global_step"], state["log_history"]


def read_adam(folder: Path, form: Outside, weights: Arrays) -> Adam:
    adam, found = Adam(weights), read_moments(folder)
    for kind, values in zip(MOMENTS, (adam.means, adam.squares), strict=True):
        for name, value in found[kind].items():
            values[form.own_name(name)] = form.own_value(mx.array(value))
    mx.eval(adam.means, adam.squares)
    return adam
