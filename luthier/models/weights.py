"""What training makes: an adapter, or after full fine-tuning the whole model; weights and their configuration."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from luthier.storage import atomic_path, read_json, sha256_file, write_json

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


class Form(NamedTuple):
    """Names of the two files that make it whole."""

    weights: str
    config: str


ADAPTER = Form("adapter_model.safetensors", "adapter_config.json")
MODEL = Form("model.safetensors", "config.json")

ANSWERING = "generation_config.json"
"""Which tokens end an answer, among others; some models say it nowhere else."""

ONE_FILE = "1000TB"
"""A size that no model reaches, so that its weights are not cut into several files."""


def form_of(folder: Path) -> Form:
    """Whether an adapter lies there or a model."""
    return MODEL if (folder / MODEL.weights).exists() else ADAPTER


def weights_file(folder: Path) -> Path:
    return folder / form_of(folder).weights


def write_adapter(model: "PeftModel", folder: Path, trained: dict[str, Any] | None = None) -> None:
    """As PEFT would, but without the model card it adds. trained: its weights by name, where the model has not all."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    weights = {name: tensor.contiguous() for name, tensor in get_peft_model_state_dict(model, trained).items()}
    save_file(weights, folder / ADAPTER.weights, metadata={"format": "pt"})
    config: Any = model.peft_config["default"]
    config.target_modules = sorted(config.target_modules or ())  # a set: its order differs from process to process
    config.save_pretrained(str(folder))


def write_model(model: "PreTrainedModel", folder: Path, weights: dict[str, Any] | None = None) -> None:
    """All weights as they are, in one file. weights: by name, where the model has not all."""
    model.save_pretrained(folder, max_shard_size=ONE_FILE, state_dict=weights)


def publish(checkpoint: Path, target: Path, dtype: str) -> str:
    """Make what the checkpoint holds the run's; returns the sha256 of its weights.

    A model is trained in float32 and published in `dtype`, as it is evaluated and used; an adapter is copied. The
    weights come last: where they are, all is there.
    """
    form = form_of(checkpoint)
    if form == MODEL:
        write_json(target / form.config, read_json(checkpoint / form.config) | {"dtype": dtype})
        if (checkpoint / ANSWERING).exists():
            _copy(checkpoint / ANSWERING, target / ANSWERING)
    else:
        _copy(checkpoint / form.config, target / form.config)
    if form == MODEL and dtype != "float32":
        _cast(checkpoint / form.weights, target / form.weights, dtype)
    else:
        _copy(checkpoint / form.weights, target / form.weights)
    return sha256_file(target / form.weights)


def _copy(source: Path, target: Path) -> None:
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)


def _cast(source: Path, target: Path, dtype: str) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    weights = {name: tensor.to(getattr(torch, dtype)) for name, tensor in load_file(source).items()}
    with atomic_path(target) as temporary:
        save_file(weights, temporary, metadata={"format": "pt"})
