"""What the stages cost against rows, tokens and model size; each point in a process of its own.

python -m benchmarks.scale        measures all, fits, and writes the table (about 15 minutes)
"""

import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.guide import write_table

BEGINNINGS = ["ba", "ce", "di", "fo", "gu", "ha", "ji", "ko", "lu", "me"]
WORDS = [a + b for a in BEGINNINGS for b in ("ran", "tel", "mis", "nog", "pud", "sab", "ver", "wix")]
SERIES: dict[str, tuple[str, list[int]]] = {
    "validate": ("validate-data, rows", [1_000, 10_000, 100_000]),
    "tokens": ("training start: tokens made and written, rows", [1_000, 10_000, 100_000]),
    "cached": ("training start: tokens found, rows", [1_000, 10_000, 100_000]),
    "rows": ("training: 20 steps of the tiny model, rows", [1_000, 10_000, 100_000]),
    "step": ("training: 4 steps of 135M, examples a step", [4, 16, 64]),
    "layers": ("training: 4 steps of 8 examples, layers (of 30)", [3, 10, 30]),
    "answers": ("evaluation: answers of the tiny model, rows", [30, 300, 3_000]),
    "compare": ("comparing two arms, test rows", [200, 2_000, 20_000]),
}
"""By name: what is measured, and the sizes."""


def model_folder() -> Path:
    from luthier.models.base import locate
    from luthier.spec import ModelSpec

    return locate(ModelSpec(), Path(os.environ["LUTHIER_HOME"]) / "models")


def tiny_folder(folder: Path) -> Path:
    """The packaged model's tokenizer with two small random layers."""
    return cut(folder, layers=2, hidden_size=64, intermediate_size=128, num_attention_heads=4, num_key_value_heads=2)


def cut(folder: Path, layers: int, **sizes: int) -> Path:
    """A random model of the packaged one's kind with fewer layers."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    base = model_folder()
    config = AutoConfig.from_pretrained(base, num_hidden_layers=layers, **sizes)
    if "hidden_size" in sizes:
        config.head_dim = config.hidden_size // config.num_attention_heads
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def conversations(count: int, words: int = 12) -> list[dict[str, Any]]:
    generator = random.Random(0)
    return [
        {
            "id": str(number),
            "group": str(number),
            "messages": [
                {"role": role, "content": " ".join(generator.choices(WORDS, k=words))} for role in ("user", "assistant")
            ],
        }
        for number in range(count)
    ]


def validate(rows: int, folder: Path) -> Callable[[], None]:
    from luthier.data import prepare
    from luthier.models.base import load_tokenizer
    from luthier.run_folder import RunFolder
    from luthier.storage import write_jsonl

    write_jsonl(folder / "rows.jsonl", ({"messages": row["messages"]} for row in conversations(rows)))
    spec, tokenizer = spec_of(folder), load_tokenizer(model_folder())

    def work() -> None:
        for _ in prepare(spec, RunFolder(folder / "run"), tokenizer, 1024):
            pass

    return work


def tokens(rows: int, folder: Path) -> Callable[[], None]:
    from luthier.models.base import load_tokenizer
    from luthier.rows import write_rows
    from luthier.run_folder import RunFolder
    from luthier.training.dataset import load_split

    run, tokenizer = RunFolder(folder / "run"), load_tokenizer(model_folder())
    write_rows(run.split("train"), conversations(rows))
    return lambda: [load_split(run, "train", tokenizer, 256)][0] and None


def cached(rows: int, folder: Path) -> Callable[[], None]:
    work = tokens(rows, folder)
    work()
    return work


def rows(count: int, folder: Path) -> Callable[[], None]:
    """Order, looking up and logging: what a large set costs when only few of its rows are trained on."""
    return training(tiny_folder(folder / "model"), conversations(count), folder, batch_size=8, max_steps=20)


def step(size: int, folder: Path) -> Callable[[], None]:
    return training(model_folder(), conversations(4 * size), folder, batch_size=size, max_steps=4)


def layers(count: int, folder: Path) -> Callable[[], None]:
    return training(cut(folder / "model", count), conversations(32), folder, batch_size=8, max_steps=4)


def training(base: Path, examples: list[dict[str, Any]], folder: Path, **values: int) -> Callable[[], None]:
    from luthier.models.base import load_model, load_tokenizer
    from luthier.rows import write_rows
    from luthier.run_folder import RunFolder
    from luthier.training.bench import write_nothing
    from luthier.training.dataset import as_dataset, load_split
    from luthier.training.measure import settle
    from luthier.training.plan import plan_of
    from luthier.training.presets import resolve
    from luthier.training.trainer import Trainer

    spec = resolve(spec_of(folder, training=values), context=1024)
    tokenizer, model = load_tokenizer(base), load_model(base, spec.training.dtype or "float32")
    run = RunFolder(folder / "run")
    write_rows(run.split("train"), examples)
    train = load_split(run, "train", tokenizer, 256)
    plan = plan_of(spec.model_copy(update={"training": settle(spec.training, model, train)}))
    trainer = Trainer(plan, folder, model, tokenizer, train, as_dataset([]), save=write_nothing)
    return lambda: trainer.train() and None


def answers(rows: int, folder: Path) -> Callable[[], None]:
    from luthier.evaluation.baseline import baseline
    from luthier.events import EventLog
    from luthier.rows import write_rows
    from luthier.run_folder import RunFolder
    from luthier.training.presets import resolve

    run, base = RunFolder(folder / "run"), tiny_folder(folder / "model")
    for name in ("train", "validation", "test"):
        write_rows(run.split(name), conversations(rows if name == "test" else 30))
    spec = resolve(spec_of(folder, evaluation={"max_examples": rows, "max_new_tokens": 16, "few_shot": []}), 1024)
    attempt = run.attempt(1)
    attempt.root.mkdir(parents=True)
    return lambda: baseline(spec, run, attempt, EventLog(attempt.events), base, lambda: False) and None


def compare(rows: int, _: Path) -> Callable[[], None]:
    from luthier.evaluation.compare import Comparison

    generator = random.Random(0)

    def arm() -> list[dict[str, Any]]:
        return [
            {"id": str(n), "scores": {"chrf": generator.random(), "nll": generator.random(), "tokens": 9}}
            for n in range(rows)
        ]

    comparison = Comparison(conversations(rows), arm(), arm(), seed=0)
    return lambda: comparison.changes(["chrf"]) and None


def spec_of(folder: Path, **sections: dict[str, Any]) -> Any:
    from luthier.spec import RunSpec

    return RunSpec.model_validate(
        {"name": "scale", "data": {"path": folder / "rows.jsonl"}, "compute": {"threads": 1}, **sections}
    )


def point(name: str, size: int) -> dict[str, float]:
    """CPU seconds of one measurement in a process of its own, and that process's peak memory."""
    argv = [sys.executable, "-m", "benchmarks.scale", name, str(size)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    told = subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(told.splitlines()[-1])


def measure_here(name: str, size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        work = globals()[name](size, Path(folder))
        started = time.process_time()
        work()
        seconds = time.process_time() - started
    return {"cpu_s": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """b of cost = a · size^b through the last two points, where what is fixed weighs least; 1 is linear."""
    return math.log(seconds[-1] / seconds[-2]) / math.log(sizes[-1] / sizes[-2])


def table() -> str:
    lines = ["| cost of … | sizes | CPU s | peak MB | exponent |", "|---|---|---|---|---|"]
    for name, (label, sizes) in SERIES.items():
        points = [point(name, size) for size in sizes]
        seconds = [found["cpu_s"] for found in points]
        told = (
            " · ".join(f"{size:,}" for size in sizes),
            " · ".join(f"{value:.2g}" if value < 10 else f"{value:.0f}" for value in seconds),
            " · ".join(f"{found['peak_mb']:.0f}" for found in points),
        )
        lines.append(f"| {label} | {' | '.join(told)} | {exponent(sizes, seconds):.2f} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure_here(sys.argv[1], int(sys.argv[2]))))
    else:
        with tempfile.TemporaryDirectory() as home:
            os.environ["LUTHIER_HOME"] = home
            model_folder()
            write_table("scale", table())
