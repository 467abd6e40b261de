"""The tables of docs/memory.md, made from the memory model: `python tests/docs/memory_tables.py` rewrites them."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.memory.predicted import measured, off, predicted
from luthier.estimate.base_size import BaseSize, size_of
from luthier.estimate.gpus import GPUS
from luthier.estimate.memory.need import Need, training_need
from luthier.estimate.memory.setup import Setup
from luthier.storage import read_json

GUIDE = Path(__file__).parents[2] / "docs" / "memory.md"
KNOWN = read_json(Path(__file__).parent / "known_models.json")["models"]
LENGTHS = (1024, 4096)
LARGEST = "Llama 3 70B"


def on_gpu(base: BaseSize, method: str, tokens: int, checkpointing: bool, element: int = 2) -> Need:
    """One row of so many tokens at a time, rank 16, loss on every token."""
    setup = Setup(method, element, 16, False, tokens, tokens, tokens, True, checkpointing, "cuda")  # type: ignore[arg-type]
    return training_need(base, setup)


def smallest(need: Need) -> str:
    fitting = [(gpu.memory_gb, name) for name, gpu in GPUS.items() if gpu.memory_gb * 1e9 >= need.bytes]
    return f"{min(fitting)[1].removeprefix('NVIDIA ')} ({min(fitting)[0]})" if fitting else "none alone"


def models() -> Iterator[str]:
    yield "| model | method | " + " | ".join(f"{length} tokens, GB | smallest GPU" for length in LENGTHS) + " |"
    yield "|---|---|" + "---|---|" * len(LENGTHS)
    for name, config in KNOWN.items():
        for method in ("lora", "qlora", "full"):
            yield f"| {name} | {method} | " + " | ".join(_cells(size_of(config), method)) + " |"


def _cells(base: BaseSize, method: str) -> Iterator[str]:
    for tokens in LENGTHS:
        plain, saving = (on_gpu(base, method, tokens, checkpointing) for checkpointing in (False, True))
        yield f"{plain.gb:.1f}, {saving.gb:.1f}"
        yield smallest(saving)


def largest() -> Iterator[str]:
    yield "| GB | 1024 tokens | 4096 tokens |"
    yield "|---|---|---|"
    short, long = (on_gpu(size_of(KNOWN[LARGEST]), "qlora", tokens, True) for tokens in LENGTHS)
    for part in long.parts:
        yield f"| {part} | {short.parts[part] / 1e9:.1f} | {long.parts[part] / 1e9:.1f} |"
    yield f"| in all | {short.gb:.1f} | {long.gb:.1f} |"


def tried() -> Iterator[str]:
    yield "| shape | method | dtype | rows | besides | measured, MB | predicted, MB | off |"
    yield "|---|---|---|---|---|---|---|---|"
    for given in measured("held_out"):
        besides = [word for word, said in _besides(given).items() if said]
        method, rows = given.get("method", "answering"), f"{given['rows']} × {given['length']}"
        sizes = f"{given['peak_bytes'] / 1e6:,.0f} | {predicted(given).bytes / 1e6:,.0f} | {100 * off(given):+.0f} %"
        yield f"| {given['shape']} | {method} | {given['dtype']} | {rows} | {', '.join(besides)} | {sizes} |"


def _besides(given: dict) -> dict[str, bool]:
    return {
        f"rank {given.get('rank')}": given.get("rank") not in (None, 16),
        f"dropout {given.get('dropout')}": bool(given.get("dropout")),
        "checkpointing": given.get("gradient_checkpointing", False),
        "not packed": not given.get("packing", True),
        "dpo": given.get("loss") == "dpo",
    }


def rewritten(text: str) -> str:
    for name, rows in (("models", models()), ("largest", largest()), ("tried", tried())):
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        before, _, rest = text.partition(begin)
        text = before + begin + "".join(f"{row}\n" for row in rows) + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    GUIDE.write_text(rewritten(GUIDE.read_text()))
