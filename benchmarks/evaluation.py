"""Evaluation against asking and scoring one example after the other, as transformers does it out of the box.

python -m benchmarks.evaluation                       measures, and writes the table
python -m benchmarks.evaluation WAY DTYPE MODEL DATA   one process of it: prints {answer_s, score_s, peak_mb, …}
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from time import process_time
from typing import Any

from benchmarks.guide import write_table
from benchmarks.process import on_threads
from luthier.storage import read_jsonl

REPEATS = 3
EXAMPLES = 32
NEW_TOKENS = 32
WAYS = [("one by one", "float32"), ("one by one", "bfloat16"), ("Luthier", "float32"), ("Luthier", "bfloat16")]

Measured = dict[str, Any]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        assets = json.loads(_python(["-m", "benchmarks.assets", name], folder))
        given = [assets["model"], assets["tasks"]["chats"]["held_out"]]
        runs: dict[tuple[str, str], list[Measured]] = {way: [] for way in WAYS}
        for _ in range(REPEATS):
            for way in WAYS:
                runs[way].append(json.loads(_python(["-m", "benchmarks.evaluation", *way, *given], folder)))
    text = table(runs)
    write_table("evaluation", text)
    print(text)


def _python(arguments: list[str], folder: Path) -> str:
    """What a Python process on one thread prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=on_threads(1, folder), check=True, stdout=subprocess.PIPE, text=True).stdout


def measure(way: str, dtype: str, base: Path, data: Path) -> Measured:
    """CPU seconds for the answers and for the likelihoods of the references; what was answered; peak memory."""
    import torch

    from luthier.evaluation.loaded import load
    from luthier.evaluation.perplexity import reference
    from luthier.models.chat import prompt_ids
    from luthier.spec import RunSpec

    torch.set_num_threads(1)
    spec = {"training": {"dtype": dtype}, "evaluation": {"max_new_tokens": NEW_TOKENS}}
    loaded = load(RunSpec.model_validate(spec | {"name": "bench", "data": {"path": str(data)}}), base)
    conversations = [line["messages"] for line in read_jsonl(data)[:EXAMPLES]]
    prompts = [prompt_ids(loaded.tokenizer, messages[:-1], loaded.room) for messages in conversations]
    references = [reference(loaded.tokenizer, messages, loaded.context) for messages in conversations]
    answer, score = WORK[way]
    answer(loaded.engine, prompts[:1])  # the first call pays for lazy imports and for the kernels' own set-up
    answer_s, answers = _timed(lambda: answer(loaded.engine, prompts))
    score_s, nll = _timed(lambda: score(loaded.engine, references))
    tokens = sum(ref.scored for ref in references)
    return {
        "answer_s": answer_s, "answers": answers, "new_tokens": sum(map(len, answers)), "score_s": score_s,
        "read_tokens": sum(len(ref.ids) for ref in references), "nll": sum(nll) / tokens,
        "peak_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = process_time()
    result = work()
    return process_time() - began, result


def ask(engine: Any, prompts: list[list[int]]) -> list[list[int]]:
    answers = dict(engine.answer(prompts, {*range(len(prompts))}))
    return [answers[index] for index in range(len(prompts))]


def score(engine: Any, references: list[Any]) -> list[float]:
    return [told.nll for _, told in engine.score(references, {*range(len(references))})]


def ask_one_by_one(engine: Any, prompts: list[list[int]]) -> list[list[int]]:
    import torch

    settings = {"do_sample": False, "max_new_tokens": NEW_TOKENS, "eos_token_id": engine.stops}
    answers = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        written = engine.model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=engine.pad, **settings)
        answers.append([token for token in written[0, len(prompt) :].tolist() if token not in engine.stops])
    return answers


def score_one_by_one(engine: Any, references: list[Any]) -> list[float]:
    import torch
    from torch.nn.functional import cross_entropy

    values = []
    with torch.inference_mode():
        for ref in references:
            ids = torch.tensor(ref.ids)
            logits = engine.model(input_ids=ids[None]).logits[0, ref.start - 1 : -1].float()
            values.append(cross_entropy(logits, ids[ref.start :], reduction="sum").item())
    return values


WORK: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "one by one": (ask_one_by_one, score_one_by_one),
    "Luthier": (ask, score),
}


def table(runs: dict[tuple[str, str], list[Measured]]) -> str:
    """Medians over the repeats; the first way is what the others are compared with."""
    first = _medians(runs[WAYS[0]])
    lines = []
    for way, measured in runs.items():
        m = _medians(measured)
        lines.append(
            f"| {' '.join(way)} | {m['new_tokens'] / m['answer_s']:.0f} | {_ratio(first, m, 'answer_s', 'new_tokens')} "
            f"| {m['read_tokens'] / m['score_s']:.0f} | {_ratio(first, m, 'score_s', 'read_tokens')} | {m['nll']:.4f} "
            f"| {m['peak_mb']:.0f} |"
        )
    return "\n".join(
        [
            "| | new tokens per CPU s | × | reference tokens per CPU s | × | nats per token | peak MB |",
            "|---|---|---|---|---|---|---|",
            *lines,
            "",
            *_equal_answers(runs),
        ]
    )


def _medians(measured: list[Measured]) -> Measured:
    return {key: median(one[key] for one in measured) for key in measured[0] if key != "answers"}


def _ratio(first: Measured, other: Measured, seconds: str, tokens: str) -> str:
    return f"{(other[tokens] / other[seconds]) / (first[tokens] / first[seconds]):.1f}"


def _equal_answers(runs: dict[tuple[str, str], list[Measured]]) -> list[str]:
    answers = {way: measured[0]["answers"] for way, measured in runs.items()}

    def equal(one: tuple[str, str], other: tuple[str, str]) -> str:
        same = sum(a == b for a, b in zip(answers[one], answers[other], strict=True))
        return f"{same} of {EXAMPLES}"

    plain, plain_bf16, ours, ours_bf16 = WAYS
    return [
        f"Answers equal to those one by one in float32: {equal(ours, plain)} in float32, {equal(ours_bf16, plain)} in "
        f"bfloat16 (one by one in bfloat16: {equal(plain_bf16, plain)}). Equal to one by one in bfloat16: "
        f"{equal(ours_bf16, plain_bf16)}."
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        way, dtype, base, data = sys.argv[1:]
        os.environ["TRANSFORMERS_VERBOSITY"] = "error"
        print(json.dumps(measure(way, dtype, Path(base), Path(data))))
    else:
        main()
