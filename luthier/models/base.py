"""Finding a base model: an alias, a folder or a hub id becomes a folder of safetensors weights."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luthier.errors import ModelError
from luthier.models.hub import download
from luthier.models.packaged import SMOLLM2_135M, build
from luthier.models.template import without_clock
from luthier.spec import ModelSpec
from luthier.storage import read_json, sha256_file, sha256_json, write_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ALIASES = {"smollm2-135m": SMOLLM2_135M}
"""Short names for models that a Python package carries, so that they need no hub."""

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def locate(model: ModelSpec, models: Path) -> Path:
    """The folder of the base model; `models` is where the aliases are built, once.

    Raises ModelError when it is missing, unreachable, or not a folder of safetensors weights.
    """
    base = model.base
    if base in ALIASES:
        return build(ALIASES[base], models / base)
    name = os.path.expanduser(base)  # noqa: PTH111 (Path's raises for an unknown user)
    if os.path.isdir(name):  # noqa: PTH112 (Path's raises for a name that is too long)
        folder = Path(name).absolute()
    elif os.path.isabs(name) and (brought(models) / name[1:]).is_dir():  # noqa: PTH117 (as above)
        folder = brought(models) / name[1:]
    elif HUB_ID.fullmatch(base) and not base.startswith("."):
        folder = download(base, model.revision, with_code=model.trust_remote_code)
    else:
        known = ", ".join(ALIASES)
        fix = f"Use an alias ({known}), an existing folder, or a hub id such as owner/name."
        raise ModelError(f'there is no base model "{base}"', "", fix, "model.base")
    _check(folder, model)
    return folder


def brought(models: Path) -> Path:
    """Where base models lie that are folders of another machine, with their whole paths."""
    return models / "brought"


def describe(model: ModelSpec) -> str:
    """The base model in words, with what a reader of the report must know of it."""
    if model.base in ALIASES:
        source = ALIASES[model.base]
        name = source.file.rsplit(".", 2)[0]
        return f"{name}, dequantised from the 4-bit weights that package {source.package} carries"
    return f"{model.base} at {model.revision}" if model.revision else model.base


def load_tokenizer(folder: Path, trust_remote_code: bool = False) -> "PreTrainedTokenizerBase":
    """The tokenizer, with a chat template and with padding that does not end a turn.

    Raises ModelError when the model has no chat template or no token to pad with.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
    except Exception as error:  # a broken tokenizer.json raises no narrower class
        raise ModelError(
            f"the tokenizer in {folder} cannot be read", str(error), "Save it beside the weights.", "model.base"
        ) from error
    if not tokenizer.chat_template:
        raise ModelError(
            f"the model in {folder} has no chat template",
            "Without one there is no telling where an answer begins and ends.",
            "Use the instruct variant of the model.",
            "model.base",
        )
    tokenizer.chat_template = without_clock(tokenizer.get_chat_template())
    _keep_padding_apart(tokenizer, folder)
    tokenizer.model_max_length = context_length(folder)
    return tokenizer


def load_model(
    folder: Path, dtype: str, trust_remote_code: bool = False, four_bit: bool = False, device: str = "cpu"
) -> "PreTrainedModel":
    """The causal language model in `dtype` (float32 or bfloat16), in evaluation mode.

    four_bit: its linear layers but the head as 4-bit NormalFloats, their scales quantised too, as QLoRA has them
    (Dettmers et al. 2023); they are multiplied in `dtype`.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            trust_remote_code=trust_remote_code,
            **(_four_bit(dtype, device) if four_bit else {}),
        )
        return _as_quantised(model) if four_bit else model.to(device)  # type: ignore[arg-type]
    except (OSError, ValueError, SafetensorError) as error:
        fix = "Name a folder that holds a causal language model."
        raise ModelError(f"the model in {folder} cannot be loaded", str(error), fix, "model.base") from error


def _four_bit(dtype: str, device: str) -> dict[str, Any]:
    import torch
    from transformers import BitsAndBytesConfig

    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, dtype),
    )
    return {"quantization_config": config, "device_map": {"": device}}


def _as_quantised(model: "PreTrainedModel") -> "PreTrainedModel":
    """Whoever is asked on a CPU would first repack the weights and round their scales: a look at the validation loss
    would change what is trained.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):  # bitsandbytes' linear layers
            module.support_avx512bf16_for_cpu = False  # type: ignore[assignment]
    return model


def context_length(folder: Path) -> int:
    """Tokens the model can look at, at most."""
    config = _config(folder)
    text = config.get("text_config")
    for section in (config, text if isinstance(text, dict) else {}):
        for key in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
            if isinstance(length := section.get(key), int) and length > 0:
                return length
    raise ModelError(
        "the model does not say how long its context is", f"{folder / 'config.json'} has no max_position_embeddings",
        "Add it.", "model.base",
    )  # fmt: skip


def base_sha256(folder: Path, remembered: Path) -> str:
    """Hash over names and contents of the weight files.

    The hash is kept in the file `remembered`, and taken from there while the files are the same by size, inode and
    times. The time of change is among them: unlike that of modification, nobody can set it back.
    """
    files = sorted(folder.glob("*.safetensors"))
    seen = [[str(path), stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns]
            for path, stat in ((path, path.stat()) for path in files)]  # fmt: skip
    known = read_json(remembered) if remembered.exists() else {}
    if known.get("files") != seen:
        known = {"files": seen, "sha256": sha256_json([[path.name, sha256_file(path)] for path in files])}
        write_json(remembered, known)
    return known["sha256"]


def _check(folder: Path, model: ModelSpec) -> None:
    """Refuse a folder that is no model, whose weights could run code, or that wants to run its own."""
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} is not a model folder", "It has no config.json.", "Name another.", "model.base")
    if not any(folder.glob("*.safetensors")):
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt*"))
        why = "Its weights are pickled, and loading a pickle can run any code." if pickled else "It has no weights."
        raise ModelError(f"{folder} holds no safetensors", why, "Use safetensors weights.", "model.base")
    _check_weights(folder)
    if "auto_map" in _config(folder) and not model.trust_remote_code:
        raise ModelError(
            f"the model in {folder} comes with code of its own",
            "Running it would give that code the rights of your account.",
            "Read the code; if you trust it, set model.trust_remote_code: true.",
            "model.base",
        )


def _check_weights(folder: Path) -> None:
    """Refuse a weight file that was not copied to its end; only the headers are read."""
    from safetensors import SafetensorError, safe_open

    for path in folder.glob("*.safetensors"):
        try:
            with safe_open(path, framework="numpy"):
                pass
        except (OSError, SafetensorError) as error:
            fix = "Copy or download the model again."
            raise ModelError(f"the weights in {path} cannot be read", str(error), fix, "model.base") from None


def _config(folder: Path) -> dict[str, Any]:
    """The model's config.json. Raises ModelError when it is broken."""
    path = folder / "config.json"
    try:
        config = read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read", str(error), "Copy the model again.", "model.base") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path} holds no keys and values", "", "Copy the model again.", "model.base")
    return config


def _keep_padding_apart(tokenizer: "PreTrainedTokenizerBase", folder: Path) -> None:
    """Where padding ends turns too, whoever masks padding masks the stop token, and it is never learned."""
    if tokenizer.pad_token_id is not None and tokenizer.pad_token_id != tokenizer.eos_token_id:
        return
    others = [token for token in tokenizer.all_special_tokens if token != tokenizer.eos_token]
    choice = min(others, key=lambda token: (token == tokenizer.bos_token, others.index(token)), default=None)
    if choice is None:
        raise ModelError(
            f"the tokenizer in {folder} has no token to pad with",
            "Its only special token ends the turn.",
            "Add a pad token to its tokenizer_config.json.",
            "model.base",
        )
    tokenizer.pad_token = choice
