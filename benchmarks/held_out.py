"""One judge for every trainer: the loss on rows that none of them saw.

python -m benchmarks.held_out MODEL FILE.jsonl [ADAPTER …]     prints one number for the base and one an adapter
"""

import json
import sys
from pathlib import Path

import torch
from peft import PeftModel

from luthier.models.base import load_model, load_tokenizer
from luthier.models.chat import encode_answer
from luthier.storage import read_jsonl

WHOLE = 1 << 30


@torch.no_grad()
def loss(model: torch.nn.Module, rows: list[tuple[list[int], int]]) -> float:
    """Mean negative log-likelihood over all answer tokens, in nats; one row at a time, in float32, without padding."""
    total, tokens = 0.0, 0
    for ids, start in rows:
        learned = len(ids) - start
        logits = model(input_ids=torch.tensor([ids]), logits_to_keep=learned + 1, use_cache=False).logits[0, :-1]
        total += torch.nn.functional.cross_entropy(logits, torch.tensor(ids[start:]), reduction="sum").item()
        tokens += learned
    return total / tokens


def losses(folder: Path, data: Path, adapters: list[str]) -> list[float]:
    tokenizer = load_tokenizer(folder)
    rows = [encode_answer(tokenizer, row["messages"], WHOLE) for row in read_jsonl(data)]
    found = [loss(load_model(folder, "float32"), rows)]
    for adapter in adapters:
        found.append(loss(PeftModel.from_pretrained(load_model(folder, "float32"), adapter).eval(), rows))
    return found


if __name__ == "__main__":
    print(json.dumps(losses(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])))
