"""The engine: one attempt at a training, from rows to the final adapter."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from transformers import PrinterCallback, TrainerState

from luthier.errors import WorkerFailed
from luthier.events import EventLog
from luthier.models.base import load_model, load_tokenizer
from luthier.rows import Row, read_rows
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.spec import RunSpec
from luthier.training import checkpoints, history, samples
from luthier.training.adapter import publish, write_adapter
from luthier.training.callbacks import Looks, Sampler, Teller
from luthier.training.dataset import encode_rows
from luthier.training.failures import disk_failures, memory_failures
from luthier.training.fence import check_fence
from luthier.training.fingerprint import fingerprint
from luthier.training.hardware import set_up
from luthier.training.trainer import Trainer


def train(
    spec: RunSpec,
    run: RunFolder,
    attempt: AttemptFolder,
    log: EventLog,
    base: Path,
    resume_from: Path | None,
    stop: Callable[[], bool],
) -> dict[str, Any]:
    """Train on the run's rows, going on from a checkpoint if there is one, and write the adapter.

    `spec` is resolved. Returns what the training came to, or {"interrupted": True, "step"} when
    `stop` turned true: the state of that step is saved then, and no adapter is written. Raises
    Problems (a row that trains on nothing), WorkerFailed, OutOfMemory, HomeError, AlreadyRunning.
    """
    set_up(spec.compute.threads, spec.training.deterministic)
    identity = fingerprint(spec, run, base)
    if resume_from:
        _refuse_other_training(resume_from, identity)
    checkpoints.clear_leftovers(run.checkpoints)
    checkpoints.set_aside_newer(run.checkpoints, resume_from)
    with memory_failures(spec.training.micro_batch or 1):
        trainer = _prepare(spec, base, run, log, partial(_save, run, attempt, log, identity), stop)
        seconds = _run(trainer, spec, resume_from, log)
    if stop():
        return {"interrupted": True, "step": trainer.state.global_step}
    log.write("phase", name="finalising")
    check_fence(run, attempt)
    return _result(trainer, spec, run, resume_from, seconds)


def _prepare(
    spec: RunSpec,
    base: Path,
    run: RunFolder,
    log: EventLog,
    save: Callable[[Trainer], None],
    stop: Callable[[], bool],
) -> Trainer:
    training, trust = spec.training, spec.model.trust_remote_code
    max_length = training.max_length or 0
    log.write("phase", name="tokenising")
    tokenizer = load_tokenizer(base, trust)
    train_rows, validation_rows = read_rows(run.split("train")), read_rows(run.split("validation"))
    train_examples = encode_rows(train_rows, tokenizer, max_length)
    validation_examples = encode_rows(validation_rows, tokenizer, max_length)
    log.write("phase", name="loading model")
    model = load_model(base, training.dtype or "float32", trust)
    trainer = Trainer(spec, run.checkpoints, model, tokenizer, train_examples, validation_examples, save)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Looks(training, bool(validation_rows), stop, log))
    trainer.add_callback(Teller(log))
    shown = validation_rows[: training.samples]
    if shown:
        trainer.add_callback(Sampler(partial(_answers, trainer, shown, max_length), log))
    return trainer


def _run(trainer: Trainer, spec: RunSpec, resume_from: Path | None, log: EventLog) -> float:
    """Take the steps that are left, if any; returns the seconds they took."""
    if resume_from:
        trainer.state = TrainerState.load_from_json(str(resume_from / "trainer_state.json"))
        log.write("resumed", step=trainer.state.global_step, path=str(resume_from))
    over = trainer.state.global_step >= trainer.steps
    if over or history.exhausted(trainer.state.log_history, spec.training.patience):
        return 0.0
    log.write("phase", name="training")
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
    return time.monotonic() - started


def _save(run: RunFolder, attempt: AttemptFolder, log: EventLog, identity: dict[str, Any], trainer: Trainer) -> None:
    """Publish a checkpoint of this step, then let go of older ones."""
    step, looks = trainer.state.global_step, dict(history.looks(trainer.state.log_history))
    best = history.best_look(trainer.state.log_history)
    best_step = best[0] if best else None

    def fill(folder: Path) -> None:
        write_adapter(trainer.model, folder)
        trainer.write_state(folder)

    about = {"validation_loss": looks.get(step), "best_step": best_step, "fingerprint": identity}
    with disk_failures(run.root):
        path = checkpoints.write(
            run.checkpoints, step, attempt.number, fill, about, partial(check_fence, run, attempt)
        )
    checkpoints.rotate(run.checkpoints, trainer.spec.training.keep_checkpoints, best_step)
    log.write("checkpoint", step=step, path=str(path), validation_loss=looks.get(step))


def _answers(trainer: Trainer, rows: list[Row], max_length: int) -> list[dict[str, str]]:
    with trainer.autocast():
        return samples.answer(trainer.model, trainer.processing_class, rows, max_length)


def _refuse_other_training(resume_from: Path, identity: dict[str, Any]) -> None:
    try:
        checkpoints.check_fingerprint(checkpoints.verify(resume_from), identity)
    except checkpoints.Torn as torn:
        raise WorkerFailed(
            "training cannot go on from this checkpoint",
            str(torn),
            "Put back what was changed, or start a new run with --again.",
            str(resume_from),
        ) from None


def _result(
    trainer: Trainer, spec: RunSpec, run: RunFolder, resume_from: Path | None, seconds: float
) -> dict[str, Any]:
    """Publish the best checkpoint's adapter (the last one's where nothing was validated) and sum up."""
    log, step = trainer.state.log_history, trainer.state.global_step
    best_step, best_loss = history.best_look(log) or (step, None)
    best = checkpoints.complete_at(run.checkpoints, best_step)
    if best is None:
        raise WorkerFailed(
            f"the best checkpoint, step {best_step}, is torn or missing",
            "It was changed or removed after it was written.",
            "Start the run again: it goes on from an older checkpoint.",
            str(run.checkpoints),
        )
    with disk_failures(run.root):
        adapter_sha256 = publish(best.path, run.adapter)
    batch_size, began = spec.training.batch_size or 1, _step_of(resume_from)
    tokens = trainer.tokens_of_order
    return {
        "steps": step,
        "epochs": min(step * batch_size, len(tokens)) / len(trainer.ids),
        "best_step": best_step,
        "train_loss": history.last_train_loss(log),
        "validation_loss": best_loss,
        "tokens": sum(tokens[: step * batch_size]),
        "tokens_per_second": sum(tokens[began * batch_size : step * batch_size]) / seconds if seconds else None,
        "trainable_parameters": sum(p.numel() for p in trainer.model.parameters() if p.requires_grad),
        "seconds": seconds,
        "early_stopped": step < trainer.steps,
        "adapter_sha256": adapter_sha256,
        "resumed_from": began or None,
        "samples_order_sha256": history.samples_seen(log),
    }


def _step_of(checkpoint: Path | None) -> int:
    return checkpoints.verify(checkpoint).step if checkpoint else 0
