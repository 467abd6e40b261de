"""The adapter's two files: weights as safetensors, and its configuration."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luthier.storage import atomic_path, sha256_file

if TYPE_CHECKING:
    from peft import PeftModel

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"


def write_adapter(model: "PeftModel", folder: Path) -> None:
    """As PEFT would, but without the model card it adds."""
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    weights = {name: tensor.contiguous() for name, tensor in get_peft_model_state_dict(model).items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    config: Any = model.peft_config["default"]
    config.target_modules = sorted(config.target_modules or ())  # a set: its order differs from process to process
    config.save_pretrained(str(folder))


def publish(checkpoint: Path, target: Path) -> str:
    """Make the checkpoint's adapter the run's; returns the sha256 of its weights.

    The weights come last: where they are, the adapter is complete.
    """
    for name in (CONFIG, WEIGHTS):
        with atomic_path(target / name) as temporary:
            shutil.copyfile(checkpoint / name, temporary)
    return sha256_file(target / WEIGHTS)
