"""The base model in memory, with all that asking it needs."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import PreTrainedTokenizerBase

from luthier.models.base import context_length, load_model, load_tokenizer
from luthier.models.chat import stop_ids
from luthier.spec import RunSpec


class Loaded(NamedTuple):
    model: Any  # a PreTrainedModel, or the PeftModel around it
    tokenizer: PreTrainedTokenizerBase
    context: int
    stops: list[int]
    max_new_tokens: int

    @property
    def room(self) -> int:
        """Tokens a prompt may have, so that the longest answer still fits the context."""
        return max(1, self.context - self.max_new_tokens)


def load(spec: RunSpec, base: Path) -> Loaded:
    """The base model in the dtype of the resolved spec, on the best device there is."""
    code = spec.model.trust_remote_code
    model: Any = load_model(base, spec.training.dtype or "float32", code)
    if torch.cuda.is_available():
        model = model.to("cuda")
    tokenizer = load_tokenizer(base, code)
    return Loaded(model, tokenizer, context_length(base), stop_ids(tokenizer), spec.evaluation.max_new_tokens)
