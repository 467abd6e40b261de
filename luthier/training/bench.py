"""A bare training, to compare a run's own step with other trainers': no looks, no checkpoints, no early stopping."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import PrinterCallback

from luthier.events import EventLog
from luthier.models.base import context_length, load_model, load_tokenizer
from luthier.models.weights import write_adapter
from luthier.rows import Row
from luthier.spec import RunSpec
from luthier.training.callbacks import Teller
from luthier.training.dataset import Example, as_dataset, encode_rows, order
from luthier.training.hardware import set_up
from luthier.training.measure import settle
from luthier.training.plan import plan_of
from luthier.training.presets import max_length, resolve
from luthier.training.trainer import Trainer


def train_bare(asked: RunSpec, base: Path, rows: list[Row], out: Path) -> dict[str, Any]:
    """Train on the last answer of each row and write the adapter into `out`; what the spec leaves open is resolved.

    Returns {steps, tokens, trained_tokens, first_loss, last_loss, train_cpu_s, train_wall_s}: losses are means over
    the answer tokens of one step, in nats; seconds are those of the training loop alone, CPU seconds of all threads.
    Raises SpecError, ModelError, Problems (a row that trains on nothing), WorkerFailed (the loss is no number).
    """
    trainer, examples = bare_trainer(asked, base, rows, out, save=write_nothing)
    trainer.add_callback(Teller(EventLog(out / "events.jsonl")))
    seconds = _timed(trainer)
    write_adapter(trainer.tuned, out)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return {
        "steps": trainer.state.global_step,
        "tokens": trainer.course.tokens_until(trainer.step),
        "trained_tokens": sum(examples[row].encoded.trained for row in order(len(examples), trainer.plan)),
        "first_loss": losses[0],
        "last_loss": losses[-1],
        **seconds,
    }


def bare_trainer(
    asked: RunSpec, base: Path, rows: list[Row], out: Path, save: Callable[[Trainer], None]
) -> tuple[Trainer, list[Example]]:
    """What trains, and the rows as it takes them. Raises what `train_bare` raises before its first step."""
    context = context_length(base)
    tokenizer = load_tokenizer(base)
    examples = encode_rows(rows, tokenizer, max_length(asked.training, context), last_only=True)
    train = as_dataset(examples)
    spec = resolve(asked, context)
    set_up(spec.compute.threads, spec.training.deterministic)
    model = load_model(base, spec.training.dtype or "float32")
    plan = plan_of(spec.model_copy(update={"training": settle(spec.training, model, train)}))
    trainer = Trainer(plan, out, model, tokenizer, train, as_dataset([]), save=save)
    trainer.remove_callback(PrinterCallback)
    return trainer, examples


def write_nothing(_: Trainer) -> None:
    """In place of a checkpoint."""


def _timed(trainer: Trainer) -> dict[str, float]:
    cpu, wall = time.process_time(), time.monotonic()
    trainer.train()
    return {"train_cpu_s": time.process_time() - cpu, "train_wall_s": time.monotonic() - wall}
