"""Adapters between PEFT's folders and mlx-lm's: `python -m luthier.models.mlx.conversion SOURCE TARGET`."""

import sys
from collections.abc import Callable
from pathlib import Path

from luthier.errors import ModelError
from luthier.models.mlx.peft_form import Size, is_plain, layer_of, mlx_name, peft_config, peft_name
from luthier.models.weights import ADAPTER, Form
from luthier.storage import read_json, write_json

MLX = Form("adapters.safetensors", "adapter_config.json")

ALL_LAYERS = -1
"""mlx-lm's word for it."""


def convert(source: Path, target: Path) -> None:
    """Write the adapter in `source` into `target` as the other library has it; no digit changes.

    Raises ModelError where there is none, and for more than plain LoRA on linear layers.
    """
    if not any((source / form.weights).exists() for form in (MLX, ADAPTER)):
        why = f"Neither {ADAPTER.weights} (PEFT's) nor {MLX.weights} (mlx-lm's) is there."
        raise ModelError("this is no adapter's folder", why, "Name the folder that holds it.", str(source))
    target.mkdir(parents=True, exist_ok=True)
    try:
        (_to_peft if (source / MLX.weights).exists() else _to_mlx)(source, target)
    except (KeyError, ValueError) as error:
        raise _more_than_lora(source, str(error)) from error


def _to_mlx(source: Path, target: Path) -> None:
    about = read_json(source / ADAPTER.config)
    if not is_plain(about):
        raise _more_than_lora(source)
    size = Size(about["r"], about["lora_alpha"], about.get("lora_dropout", 0.0))
    names = _transpose(source / ADAPTER.weights, target / MLX.weights, mlx_name)
    layers = sorted({layer_of(name) for name in names.values()})
    config = {
        "fine_tune_type": "lora",
        "model": about["base_model_name_or_path"],
        "num_layers": ALL_LAYERS,
        "lora_parameters": {"rank": size.rank, "scale": size.scale, "dropout": size.dropout, "keys": layers},
    }
    write_json(target / MLX.config, config)


def _to_peft(source: Path, target: Path) -> None:
    about = read_json(source / MLX.config)
    if about.get("fine_tune_type", "lora") != "lora":
        raise _more_than_lora(source)
    given = about["lora_parameters"]
    size = Size(given["rank"], given["scale"] * given["rank"], given["dropout"])
    names = _transpose(source / MLX.weights, target / ADAPTER.weights, peft_name)
    layers = sorted({layer_of(name) for name in names})
    write_json(target / ADAPTER.config, peft_config(size, layers, about.get("model", "")))


def _transpose(source: Path, target: Path, rename: Callable[[str], str]) -> dict[str, str]:
    """The new name of each factor, by its old one."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(source)
    names = {name: rename(name) for name in tensors}
    save_file({names[name]: tensors[name].T.contiguous() for name in names}, target, metadata={"format": "pt"})
    return names


def _more_than_lora(folder: Path, why: str = "") -> ModelError:
    fix = "Only LoRA on linear layers is alike in both libraries."
    return ModelError("this adapter cannot be converted", why, fix, str(folder))


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("Usage: python -m luthier.models.mlx.conversion SOURCE TARGET", file=sys.stderr)
        return 2
    try:
        convert(*map(Path, arguments))
    except ModelError as error:
        print(f"luthier: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
