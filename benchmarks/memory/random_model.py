"""Base models with random weights: what they need does not depend on what they know."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

SPECIAL = ["<end>", "<pad>"]
CONTEXT = 8192


def build(shape: dict[str, Any], dtype: str, folder: Path) -> Path:
    """Write a model folder. shape: a config of transformers, its `model_type` among the keys."""
    sizes = {key: value for key, value in shape.items() if key != "model_type"}
    given = sizes | {"max_position_embeddings": CONTEXT, "bos_token_id": None, "eos_token_id": 0, "pad_token_id": 1}
    config = AutoConfig.for_model(shape["model_type"], **given)
    torch.set_default_dtype(getattr(torch, dtype))
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    torch.set_default_dtype(torch.float32)
    _tokenizer().save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.WordLevel({token: index for index, token in enumerate(SPECIAL)}, unk_token="<pad>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<end>",
        pad_token="<pad>",
        chat_template="{% for message in messages %}{{ message['content'] }}<end>{% endfor %}",
    )
