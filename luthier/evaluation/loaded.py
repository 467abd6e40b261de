"""The model in memory, with all that asking it needs."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import PreTrainedTokenizerBase

from luthier.evaluation.engine import Engine
from luthier.evaluation.torch_engine import TorchEngine
from luthier.models.base import context_length, load_model, load_tokenizer
from luthier.models.chat import stop_ids
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


def load(spec: RunSpec, base: Path, adapter: Path | None = None) -> Loaded:
    """The base model in the dtype of the resolved spec, on the best device there is, with the adapter if one is given.

    The adapter is not merged: that would round the weights, and the base has to be asked too.
    """
    code, most = spec.model.trust_remote_code, spec.evaluation.max_new_tokens
    model: Any = load_model(base, spec.training.dtype or "float32", code)
    if torch.cuda.is_available():
        model = model.to("cuda")
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter, autocast_adapter_dtype=False).eval()
    tokenizer = load_tokenizer(base, code)
    engine = TorchEngine(model, tokenizer.pad_token_id, stop_ids(tokenizer), most)
    return Loaded(engine, tokenizer, context_length(base), most)
