"""What the stages cost against rows, examples a step and model size.

python -m benchmarks.scale [NAME …]      measures all, or these; fits; writes the table if it measured all

Each point is made ready by one process and measured in another one, so that its memory is its own.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.guide import write_table

BEGINNINGS = ["ba", "ce", "di", "fo", "gu", "ha", "ji", "ko", "lu", "me"]
WORDS = [a + b for a in BEGINNINGS for b in ("ran", "tel", "mis", "nog", "pud", "sab", "ver", "wix")]


VOCABULARY = [f"{word}{end}" for word in WORDS for end in ("", "s", "ed", "ing", "er", "ly", "al", "en")]


class Series(NamedTuple):
    label: str
    unit: str
    sizes: list[int]


SERIES = {
    "check": Series("check of chats of 60 words, all inspections", "1,000 rows", [1_000, 10_000, 100_000]),
    "gate": Series("of it reader, structure and gate", "1,000 rows", [10_000, 100_000, 1_000_000]),
    "start": Series("training start, tokens not there", "1,000 rows", [1_000, 10_000, 100_000]),
    "again": Series("training start, tokens there", "1,000 rows", [1_000, 10_000, 100_000]),
    "step": Series("4 steps of 135M", "example a step", [4, 16, 64]),
    "layers": Series("4 steps of 8 examples, 135M's layers", "layer", [1, 3, 10, 30]),
    "answers": Series("baseline-eval of the tiny model", "1,000 rows", [100, 1_000, 10_000]),
    "compare": Series("comparing two arms", "1,000 rows", [200, 2_000, 20_000]),
}
"""By name: what is measured, the unit in which its slope is told, and the sizes."""

TINY = {"layers": 2, "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "num_key_value_heads": 2}


def conversations(count: int) -> list[dict[str, Any]]:
    generator = random.Random(0)
    return [
        {
            "id": str(number),
            "group": str(number),
            "messages": [
                {"role": role, "content": " ".join(generator.choices(WORDS, k=12))} for role in ("user", "assistant")
            ],
        }
        for number in range(count)
    ]


def prepare(name: str, size: int, folder: Path) -> None:
    """What the measurement begins with: data, and a model where it is not the packaged one."""
    from luthier.rows import write_rows
    from luthier.run_folder import RunFolder
    from luthier.storage import write_jsonl

    run = RunFolder(folder / "run")
    if name in ("check", "gate"):
        write_jsonl(folder / "rows.jsonl", chats(size))
        return
    rows = conversations({"step": 4 * size, "layers": 32}.get(name, size))
    write_jsonl(folder / "rows.jsonl", ({"messages": row["messages"]} for row in rows))
    for split in ("train", "validation", "test"):
        few = name == "answers" and split != "test"
        write_rows(run.split(split), rows[:30] if few else rows)  # type: ignore[arg-type]
    if name == "layers":
        cut(folder / "model", layers=size)
    elif name in ("start", "again", "answers"):
        cut(folder / "model", **TINY)
    if name == "again":
        train(folder, folder / "model", size, max_steps=1)


def cut(folder: Path, layers: int, **sizes: int) -> None:
    """A random model of the packaged one's kind, with its tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    config = AutoConfig.from_pretrained(packaged(), num_hidden_layers=layers, **sizes)
    config.head_dim = config.hidden_size // config.num_attention_heads
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(packaged()).save_pretrained(folder)


def packaged() -> Path:
    from luthier.models.base import locate
    from luthier.spec import ModelSpec

    return locate(ModelSpec(), Path(os.environ["LUTHIER_HOME"]) / "models")


def chats(count: int) -> Iterator[dict[str, Any]]:
    """Two turns of thirty words each; of 100 rows two nearly repeat an earlier one, and one holds an e-mail address."""
    generator = random.Random(0)
    earlier: list[list[str]] = []
    for number in range(count):
        words = generator.choices(VOCABULARY, k=60)
        if number % 50 == 49:
            words = [*generator.choice(earlier)]
            words[generator.randrange(60)] = "again"
        elif len(earlier) < 1000:
            earlier.append(words)
        if number % 100 == 7:
            words[5] = f"{words[5]}.{words[6]}@example.org"
        turns = (("user", words[:30]), ("assistant", words[30:]))
        yield {"messages": [{"role": role, "content": f"{' '.join(part)}.".capitalize()} for role, part in turns]}


def check(folder: Path, _size: int) -> None:
    from luthier.data.prepare import prepare as prepare_data
    from luthier.models.base import load_tokenizer
    from luthier.run_folder import RunFolder

    run = RunFolder(folder / "checked")
    for _ in prepare_data(spec_of(folder), run, load_tokenizer(packaged()), 1024, folder):
        pass


def gate(folder: Path, _size: int) -> None:
    """The rows through reader, structure and the rules of Great Expectations, and nothing else."""
    from luthier.data.formats.assemble import conversations as understood
    from luthier.data.gate.judge import judge
    from luthier.data.reading.source import Source

    spec = spec_of(folder).data
    _, records = understood(Source(spec.path), spec)
    verdict = judge(_frames(records), {"faulty_share": 0.0, "max_length": 1024}, folder / "docs")
    assert verdict.passed


def _frames(records: Iterable[Any]) -> Iterator[Any]:
    import pandas as pd

    from luthier.data.gate.frame import CHUNK, COLUMNS

    rest = iter(records)
    while chunk := list(islice(rest, CHUNK)):
        lines = [
            {"source_line": str(each.number), "accepted": 1, "last_role": each.messages[-1]["role"]}
            for each in chunk
            if each
        ]
        yield pd.DataFrame(lines, columns=list(COLUMNS)).astype(COLUMNS)


def start(folder: Path, size: int) -> None:
    """All that comes before the first step, and one step: the rows are tokenised, counted, ordered and looked up."""
    train(folder, folder / "model", size, max_steps=1)


again = start


def step(folder: Path, size: int) -> None:
    train(folder, packaged(), size, max_steps=4, batch_size=size)


def layers(folder: Path, _size: int) -> None:
    train(folder, folder / "model", 8, max_steps=4)


def train(folder: Path, base: Path, _size: int, **values: int) -> None:
    from luthier.models.base import load_model, load_tokenizer
    from luthier.run_folder import RunFolder
    from luthier.training.bench import write_nothing
    from luthier.training.dataset import as_dataset, load_split
    from luthier.training.measure import settle
    from luthier.training.plan import plan_of
    from luthier.training.presets import resolve
    from luthier.training.trainer import Trainer

    spec = resolve(spec_of(folder, training=values), context=1024)
    tokenizer, model = load_tokenizer(base), load_model(base, spec.training.dtype or "float32")
    rows = load_split(RunFolder(folder / "run"), "train", tokenizer, 256)
    plan = plan_of(spec.model_copy(update={"training": settle(spec.training, model, rows)}))
    Trainer(plan, folder / "trained", model, tokenizer, rows, as_dataset([]), save=write_nothing).train()


def answers(folder: Path, size: int) -> None:
    from luthier.evaluation.baseline import baseline
    from luthier.events import EventLog
    from luthier.run_folder import RunFolder
    from luthier.training.presets import resolve

    run = RunFolder(folder / "run")
    attempt = run.attempt(1)
    attempt.root.mkdir(parents=True)
    asked = {"max_examples": size, "max_new_tokens": 8, "few_shot": []}
    spec = resolve(spec_of(folder, evaluation=asked), context=1024)
    baseline(spec, run, attempt, EventLog(attempt.events), folder / "model", lambda: False)


def compare(_folder: Path, size: int) -> None:
    from luthier.evaluation.compare import Comparison

    generator = random.Random(0)

    def arm() -> list[dict[str, Any]]:
        values = ((generator.random(), generator.random()) for _ in range(size))
        return [
            {"id": str(n), "scores": {"chrf": chrf, "nll": nll, "tokens": 9}} for n, (chrf, nll) in enumerate(values)
        ]

    Comparison(conversations(size), arm(), arm(), seed=0).changes(["chrf"])  # type: ignore[arg-type]


def spec_of(folder: Path, **sections: dict[str, Any]) -> Any:
    from luthier.spec import RunSpec

    return RunSpec.model_validate(
        {"name": "scale", "data": {"path": folder / "rows.jsonl"}, "compute": {"threads": 1}, **sections}
    )


def point(name: str, size: int) -> dict[str, float]:
    """{cpu_s, peak_mb} of a process that does nothing but this, imports and loading the model included."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-m", "benchmarks.scale", "--point", name, str(size), folder]
        for part in ("prepare", "measure"):
            told = subprocess.run([*argv, part], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(told.splitlines()[-1])


def measure(name: str, size: int, folder: Path) -> dict[str, float]:
    globals()[name](folder, size)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": time.process_time(), "peak_mb": used.ru_maxrss / 1024}


def fit(sizes: list[int], seconds: list[float]) -> tuple[float, float, float]:
    """(a, b, worst) of seconds = a + b · size by least squares of the relative errors; worst is their largest."""
    import numpy as np

    found = np.array([[1 / y, x / y] for x, y in zip(sizes, seconds, strict=True)])
    (a, b), *_ = np.linalg.lstsq(found, np.ones(len(sizes)), rcond=None)
    return float(a), float(b), float(np.abs(found @ [a, b] - 1).max())


def row(series: Series, points: list[dict[str, float]]) -> str:
    seconds = [found["cpu_s"] for found in points]
    a, b, worst = fit(series.sizes, seconds)
    slope = 1000 * b if series.unit == "1,000 rows" else b
    told = (
        " · ".join(f"{size:,}" for size in series.sizes),
        " · ".join(f"{value:.1f}" for value in seconds),
        f"{a:.1f} + {slope:.2g} per {series.unit} (worst {100 * worst:.0f} % off)",
        " · ".join(f"{found['peak_mb']:.0f}" for found in points),
    )
    return f"| {series.label} | {' | '.join(told)} |"


def table(names: list[str]) -> str:
    lines = ["| process | sizes | CPU s | fitted line | peak MB |", "|---|---|---|---|---|"]
    for name in names:
        lines.append(row(SERIES[name], [point(name, size) for size in SERIES[name].sizes]))
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--point"]:
        name, size, folder, part = arguments[1:]
        told = (prepare if part == "prepare" else measure)(name, int(size), Path(folder))
        print(json.dumps(told))
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ["LUTHIER_HOME"] = home
        # by a process of its own: a child's peak memory begins with what its parent held
        subprocess.run([sys.executable, "-c", "from benchmarks.scale import packaged; packaged()"], check=True)
        told = table(arguments or list(SERIES))
    if not arguments:
        write_table("scale", told)


if __name__ == "__main__":
    main(sys.argv[1:])
