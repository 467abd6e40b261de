"""The model in memory, with all that asking it needs."""

import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import PreTrainedTokenizerBase

from luthier.evaluation.engine import Engine
from luthier.evaluation.torch_engine import TorchEngine
from luthier.models.base import context_length, load_model, load_tokenizer
from luthier.models.chat import stop_ids
from luthier.models.engines import engine_here
from luthier.models.weights import MODEL, form_of
from luthier.spec import RunSpec


class Loaded(NamedTuple):
    engine: Engine
    tokenizer: PreTrainedTokenizerBase
    context: int
    max_new_tokens: int

    @property
    def room(self) -> int:
        """Tokens a prompt may have, so that the longest answer still fits the context."""
        return max(1, self.context - self.max_new_tokens)


def load(spec: RunSpec, base: Path, tuned: Path | None = None) -> Loaded:
    """The base model as the method holds it, in the dtype of the resolved spec, on the best device there is.

    tuned: what training made of it, an adapter or a model. An adapter is not merged: that would round the weights, and
    the base has to be asked too.
    """
    tokenizer = load_tokenizer(base, spec.model.trust_remote_code)
    most = spec.evaluation.max_new_tokens
    if engine_here(spec.training) == "mlx":
        from luthier.evaluation.mlx_engine import load_engine

        engine, seen = load_engine(spec, base, tuned, stop_ids(tokenizer))
        return Loaded(engine, tokenizer, min(context_length(base), seen or sys.maxsize), most)
    whole = tuned is not None and form_of(tuned) == MODEL
    model = _read(spec, tuned if tuned and whole else base)
    if tuned and not whole:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, tuned, autocast_adapter_dtype=False).eval()
    read_base = partial(_read, spec, base) if whole else None
    torch_engine = TorchEngine(model, tokenizer.pad_token_id, stop_ids(tokenizer), most, read_base)
    return Loaded(torch_engine, tokenizer, context_length(base), most)


def _read(spec: RunSpec, folder: Path) -> Any:
    """With qlora the base is asked in 4 bits, too: so it was trained, and on its GPU there may be no room for more."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    four_bit = spec.training.method == "qlora"
    return load_model(folder, spec.training.dtype or "float32", spec.model.trust_remote_code, four_bit, device)
