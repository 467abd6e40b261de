"""The engine: one attempt at a training on Apple silicon, from rows to the final adapter."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from datasets import Dataset
from transformers import PreTrainedTokenizerBase

from luthier.errors import SpecError
from luthier.events import EventLog
from luthier.fence import check_fence
from luthier.models.base import load_tokenizer
from luthier.models.mlx.layers import add_adapter, flat, linear_layers
from luthier.models.mlx.load import check_names, load, window
from luthier.rows import row_batches
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.spec import RunSpec
from luthier.training import history, samples
from luthier.training.checkpoint_writer import clear_leftovers, set_aside_newer
from luthier.training.dataset import lengths, load_split
from luthier.training.fingerprint import fingerprint
from luthier.training.mlx.measure import settle
from luthier.training.mlx.trainer import Trainer
from luthier.training.outcome import publish_best, summary
from luthier.training.plan import plan_of
from luthier.training.resumption import is_of_other_engine, open_again, refuse_other_training
from luthier.training.rhythm import Rhythm
from luthier.training.saving import Saver
from luthier.training.settling import keep_settled
from luthier.training.telling import Telling
from luthier.training.weighing import with_weights


def train(
    spec: RunSpec,
    run: RunFolder,
    attempt: AttemptFolder,
    log: EventLog,
    base: Path,
    resume_from: Path | None,
    stop: Callable[[], bool],
) -> dict[str, Any]:
    """As `trl_engine.train`, and the files it leaves are of the same form."""
    clear_leftovers(run.checkpoints)
    log.write("phase", name="tokenising")
    tokenizer = load_tokenizer(base, spec.model.trust_remote_code)
    examples = {name: _examples(spec, run, name, tokenizer) for name in ("train", "validation")}
    log.write("phase", name="loading model")
    model = _model(spec, base)
    if resume_from and is_of_other_engine(resume_from, Trainer.engine):
        spec = open_again(spec, run)
    longest = int(lengths(examples["train"]).max())
    spec = keep_settled(spec, settle(spec.training, model, longest), run, attempt)
    identity = fingerprint(spec, run, base)
    if resume_from:
        refuse_other_training(resume_from, identity, log, Trainer.engine)
    set_aside_newer(run.checkpoints, resume_from)
    trainer = Trainer(plan_of(spec), base, model, tokenizer, **examples)
    if resume_from:
        trainer.go_on_from(resume_from)
        log.write("resumed", step=trainer.step, path=str(resume_from))
    began = trainer.step
    seconds = Loop(trainer, run, log, stop, Saver(run, attempt, log, identity)).run()
    if stop():
        return {"interrupted": True, "step": trainer.step}
    log.write("phase", name="finalising")
    check_fence(run, attempt)
    return summary(trainer, began, seconds) | publish_best(trainer, run)


class Loop:
    """The steps that are left, and what happens besides them."""

    def __init__(self, trainer: Trainer, run: RunFolder, log: EventLog, stop: Callable[[], bool], save: Saver):
        self.trainer, self.log, self.stop, self.save = trainer, log, stop, save
        self.rhythm, self.telling = Rhythm(trainer.plan), Telling(log)
        self.asked = next(row_batches(run.split("validation")), [])[: trainer.plan.samples]

    def run(self) -> float:
        """Returns the seconds it took, 0 where no step was left."""
        if not self._is_to_go_on():
            return 0.0
        self.log.write("phase", name="training")
        self.telling.begin(self.trainer.log_history)
        started = time.monotonic()
        while self._is_to_go_on():
            self.trainer.advance()
            self._tell()
            if self._after_step():
                break
        return time.monotonic() - started

    def _is_to_go_on(self) -> bool:
        trainer = self.trainer
        exhausted = history.exhausted(trainer.log_history, trainer.plan.patience)
        return trainer.step < trainer.course.steps and not exhausted

    def _after_step(self) -> bool:
        """Look and save where it is time for it; whether this is the end."""
        step, last = self.trainer.step, self.trainer.course.steps
        if self.rhythm.looks(step, last) and len(self.trainer.validation):
            self._look()
        stopped = self.stop()
        if self.rhythm.saves(step, last) or stopped:
            self.save(self.trainer)
            self.rhythm.saved()
            if history.exhausted(self.trainer.log_history, self.trainer.plan.patience):
                self.telling.early_stop(step, self.trainer.log_history)
        return stopped

    def _look(self) -> None:
        self.trainer.look()
        self._tell()
        for sample in samples.answer(self.trainer.answer, self.trainer.tokenizer, self.asked):
            self.log.write("sample", step=self.trainer.step, **sample)

    def _tell(self) -> None:
        self.telling.tell(self.trainer.log_history[-1], self.trainer.step, self.trainer.course.steps)


def _examples(spec: RunSpec, run: RunFolder, name: str, tokenizer: PreTrainedTokenizerBase) -> Dataset:
    examples = load_split(run, name, tokenizer, spec.training.max_length or 0)
    return with_weights(examples) if spec.training.loss == "weighted" and name == "train" else examples


def _model(spec: RunSpec, base: Path) -> nn.Module:
    """The base with the weights that are trained: an adapter, or all of them, as float32."""
    training = spec.training
    full, dtype = training.method == "full", training.dtype or "float32"
    held = "float32" if full else dtype
    model = load(base, held, spec.model.trust_remote_code, four_bit=training.method == "qlora")
    _check_window(window(model, base), training.max_length or 0)
    if full:
        check_names(flat(model.parameters()), base)
        model.unfreeze()
        return model
    mx.random.seed(spec.seed)  # decides what the adapter begins with
    assert training.rank and training.alpha
    add_adapter(model, list(linear_layers(model)), training.rank, training.alpha / training.rank)
    return model


def _check_window(window: int | None, max_length: int) -> None:
    if window is not None and max_length > window:
        raise SpecError(
            f"MLX trains this model on examples of {window} tokens at most",
            "Beyond that the model looks back on its last tokens only, which mlx-lm leaves out.",
            f"Set training.max_length: {window}, or training.engine: trl.",
            "training.max_length",
        )
