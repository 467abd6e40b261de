"""How fast LoRA training could be at most on this machine: its measured matrix multiplication over the work of a token.

python -m benchmarks.limit MODEL FILE.jsonl BATCH RANK     prints the figures as JSON
"""

import json
import os.path
import sys
import time
from pathlib import Path
from typing import NamedTuple

import torch

from luthier.models.base import load_model, load_tokenizer
from luthier.models.chat import encode_answer
from luthier.storage import read_jsonl
from luthier.training.hardware import fast_dtype

ROUNDS, TOKENS = 40, 512


class Weights(NamedTuple):
    """Weights that multiply: of the layers, of their LoRA matrices, of the head."""

    layers: int
    lora: int
    head: int


def flops_per_token(weights: Weights, trained_share: float) -> float:
    """Floating-point operations of one token of LoRA training, forward and backward.

    A matrix of n weights costs 2n forward, 2n for the gradient of its input and 2n for its own
    (Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1: 6N a token). Frozen weights need no
    gradient of their own: 4n. The head is needed for trained tokens only. Attention's scores, norms and activations
    are left out, so the limit is a little too high, more so for long rows.
    """
    return 4 * weights.layers + 6 * weights.lora + 4 * weights.head * trained_share


def count(model: torch.nn.Module, rank: int) -> Weights:
    linears = {name: module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    head = linears.pop("lm_head").weight.numel()
    layers = sum(module.weight.numel() for module in linears.values())
    return Weights(layers, sum(rank * sum(module.weight.shape) for module in linears.values()), head)


def gemm_rate(width: int, height: int, dtype: torch.dtype) -> float:
    """FLOPs per CPU second of (512, width) × (width, height), the best of many tries."""
    rows, matrix = torch.randn(TOKENS, width, dtype=dtype), torch.randn(width, height, dtype=dtype)
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(10):
            rows @ matrix
        best = min(best, (time.process_time() - started) / 10)
    return 2 * TOKENS * width * height / best


def limit(folder: Path, data: Path, batch: int, rank: int) -> dict[str, float | str]:
    """`tokens_per_cpu_s` when the prefix that all rows share is computed once a batch; `…_plain` when for each row."""
    name = fast_dtype()[0]
    model, tokenizer = load_model(folder, name), load_tokenizer(folder)
    rows = [encode_answer(tokenizer, row["messages"], 1 << 30) for row in read_jsonl(data)]
    tokens, trained = sum(len(ids) for ids, _ in rows), sum(len(ids) - start for ids, start in rows)
    prefix = len(os.path.commonprefix([ids for ids, _ in rows]))
    left = 1 - prefix * (len(rows) - -(-len(rows) // batch)) / tokens
    config = model.config
    rate = gemm_rate(config.hidden_size, config.intermediate_size, model.dtype)
    work = flops_per_token(count(model, rank), trained / tokens)
    return {
        "dtype": name, "rows": len(rows), "tokens": tokens, "trained_tokens": trained, "prefix": prefix,
        "gflop_per_cpu_s": rate / 1e9, "gflop_per_token": work / 1e9,
        "tokens_per_cpu_s_plain": rate / work, "tokens_per_cpu_s": rate / work / left,
    }  # fmt: skip


if __name__ == "__main__":
    model, data, batch, rank = sys.argv[1:]
    print(json.dumps(limit(Path(model), Path(data), int(batch), int(rank))))
