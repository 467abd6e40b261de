"""What the memory model foresees for a measured configuration."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from luthier.estimate.base_size import size_of
from luthier.estimate.memory.need import Need, answering_need, training_need
from luthier.estimate.memory.setup import Batch, Setup
from luthier.storage import read_json

MEASURED = Path(__file__).parent / "measured"


def measured(name: str) -> list[dict[str, Any]]:
    """The `fitting` or the `held_out` set: configurations with their `model` and `peak_bytes`."""
    return read_json(MEASURED / f"{name}.json")


def off(given: dict[str, Any]) -> float:
    """predicted / measured - 1"""
    return predicted(given).bytes / given["peak_bytes"] - 1


def predicted(given: dict[str, Any]) -> Need:
    """Without what was there before, as it was measured."""
    found = _need(given)
    return replace(found, parts={name: bytes_ for name, bytes_ in found.parts.items() if name != "imports"})


def _need(given: dict[str, Any]) -> Need:
    base, element = size_of(given["model"]), 2 if given["dtype"] == "bfloat16" else 4
    if "method" in given:
        return training_need(base, _setup(given, element))
    asked = Setup("lora", element, 0, False, 0, 0, 0, True, False, "cpu")
    return answering_need(base, asked, Batch(given["rows"], given["length"], given["new"]))


def _setup(given: dict[str, Any], element: int) -> Setup:
    answers = 2 if given["loss"] == "dpo" else 1
    together = given["micro_batch_tokens"] // (answers * given["length"]) if given["packing"] else 1
    rows = answers * min(max(together, 1), given["rows"])
    return Setup(
        method=given["method"],
        element=element,
        rank=given["rank"] or 0,
        dropout=given["dropout"] > 0,
        tokens=rows * (given["length"] - 1),  # the last token of a row predicts nothing
        longest=given["length"] - 1,
        learned=rows * given["answer"],
        packing=given["packing"],
        checkpointing=given["gradient_checkpointing"],
        backend="cpu",
    )
