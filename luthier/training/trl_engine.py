"""The engine: one attempt at a training, from rows to the final adapter."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, TrainerState

from luthier.events import EventLog
from luthier.fence import check_fence
from luthier.models.base import load_model, load_tokenizer
from luthier.models.greedy import answers
from luthier.rows import Row, row_batches
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.spec import RunSpec, TrainingSpec
from luthier.training import history, measure, processes, samples
from luthier.training.callbacks import Looks, Sampler, Teller
from luthier.training.checkpoint_writer import clear_leftovers, set_aside_newer
from luthier.training.dataset import load_split
from luthier.training.fingerprint import fingerprint
from luthier.training.hardware import device, set_up
from luthier.training.margins import with_margins
from luthier.training.outcome import publish_best, summary
from luthier.training.plan import plan_of
from luthier.training.preferences import with_rejected
from luthier.training.resumption import is_of_other_engine, open_again, refuse_other_training
from luthier.training.saving import Saver
from luthier.training.settling import keep_settled
from luthier.training.trainer import Trainer
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
    """Train on the run's rows, going on from a checkpoint if there is one, and write the adapter.

    `spec` is resolved. Returns what the training came to, or {"interrupted": True, "step"} when
    `stop` turned true: the state of that step is saved then, and no adapter is written. One of several
    processes that does not lead returns {}. Raises Problems (a row that trains on nothing),
    WorkerFailed, AlreadyRunning.
    """
    threads = spec.compute.threads
    set_up(threads and max(1, threads // processes.count()), spec.training.deterministic)
    if processes.leads():
        clear_leftovers(run.checkpoints)
    log.write("phase", name="tokenising")
    tokenizer = load_tokenizer(base, spec.model.trust_remote_code)
    with processes.leader_first():
        examples = {name: _examples(spec.training, run, name, tokenizer) for name in ("train", "validation")}
    log.write("phase", name="loading model")
    model: Any = _model(spec, base)
    settled = partial(_settled, spec, run, attempt, log, model, examples["train"], resume_from)
    spec = processes.by_leader(settled)
    identity = processes.by_leader(partial(_identity, spec, run, base, log, resume_from))
    saver, plan = Saver(run, attempt, log, identity), plan_of(spec)
    if plan.loss == "dpo":
        with processes.leader_first():
            log.write("phase", name="asking the base which answers it prefers")
            examples = with_margins(examples, run, identity, plan, model)
    trainer = Trainer(plan, run.checkpoints, model, tokenizer, **examples, save=saver)
    _listen(trainer, run, log, stop)
    began = _load_state(trainer, resume_from, log)
    seconds = _run(trainer, resume_from, log)
    if not processes.leads():
        return {}
    if stop():
        return {"interrupted": True, "step": trainer.step}
    log.write("phase", name="finalising")
    check_fence(run, attempt)
    return summary(trainer, began, seconds) | publish_best(trainer, run)


def _examples(training: TrainingSpec, run: RunFolder, name: str, tokenizer: PreTrainedTokenizerBase) -> Dataset:
    examples = load_split(run, name, tokenizer, training.max_length or 0)
    if training.loss == "dpo":
        return with_rejected(examples, run, name, tokenizer, training.max_length or 0)
    return with_weights(examples) if training.loss == "weighted" and name == "train" else examples


def _model(spec: RunSpec, base: Path) -> PreTrainedModel:
    """The base as its method holds it: what is trained in whole is float32, as small updates would be rounded away."""
    method, dtype = spec.training.method, spec.training.dtype or "float32"
    held = "float32" if method == "full" else dtype
    waits = processes.spread(spec.compute.sharding) and method != "qlora"  # quantised where it is to compute
    where = "cpu" if waits else device()
    return load_model(base, held, spec.model.trust_remote_code, four_bit=method == "qlora", device=where)


def _settled(
    spec: RunSpec, run: RunFolder, attempt: AttemptFolder, log: EventLog, model: Any, train: Dataset,
    resume_from: Path | None,
) -> RunSpec:  # fmt: skip
    """The spec with what only the model can tell; measured once by each engine, then kept with the run."""
    if resume_from and is_of_other_engine(resume_from, Trainer.engine):
        spec = open_again(spec, run)
    training = measure.settle(spec.training, model, train, spec.compute.sharding)
    if training != spec.training and not training.packing:
        log.write("warning", text="Each example is computed alone, which is slower: packed, it would get another loss.")
    return keep_settled(spec, training, run, attempt)


def _identity(spec: RunSpec, run: RunFolder, base: Path, log: EventLog, resume_from: Path | None) -> dict[str, Any]:
    """The training's fingerprint, which the checkpoint to go on from was compared with."""
    identity = fingerprint(spec, run, base) | processes.described(spec.compute.sharding)
    if resume_from:
        refuse_other_training(resume_from, identity, log, Trainer.engine)
    set_aside_newer(run.checkpoints, resume_from)
    return identity


def _listen(trainer: Trainer, run: RunFolder, log: EventLog, stop: Callable[[], bool]) -> None:
    """What happens during the training besides its steps."""
    asked = next(row_batches(run.split("validation")), [])[: trainer.plan.samples]
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Looks(trainer.plan, len(trainer.validation) > 0, stop, log))
    trainer.add_callback(Teller(log))
    trainer.add_callback(Sampler(partial(_answers, trainer, asked), log))


def _load_state(trainer: Trainer, resume_from: Path | None, log: EventLog) -> int:
    """The step that was reached before this attempt."""
    if resume_from is None:
        return 0
    trainer.state = TrainerState.load_from_json(str(resume_from / "trainer_state.json"))
    log.write("resumed", step=trainer.state.global_step, path=str(resume_from))
    return trainer.state.global_step


def _run(trainer: Trainer, resume_from: Path | None, log: EventLog) -> float:
    """Take the steps that are left; returns the seconds they took, 0 where none was left."""
    state = trainer.state
    if state.global_step >= trainer.course.steps or history.exhausted(state.log_history, trainer.plan.patience):
        return 0.0
    log.write("phase", name="training")
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)
    return time.monotonic() - started


def _answers(trainer: Trainer, rows: list[Row]) -> list[dict[str, str]]:
    """By one process, or by all alike where none has the whole model."""
    if not processes.leads() and not trainer.sharded:
        return []

    def ask(model: Any) -> list[dict[str, str]]:
        return samples.answer(partial(answers, model, trainer.tokenizer.pad_token_id), trainer.tokenizer, rows)

    with trainer.autocast():
        return trainer.holding.run(ask)
