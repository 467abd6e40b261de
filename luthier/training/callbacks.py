"""When training looks, saves and stops; and what it tells."""

import math
from collections.abc import Callable
from time import monotonic
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState

from luthier.events import EventLog
from luthier.training import history
from luthier.training.divergence import Divergence, diverged, no_number
from luthier.training.plan import Plan


class Looks(TrainerCallback):
    """Every so many steps, and at the last: validation loss, then a checkpoint, then perhaps the end.

    Where that takes too long, checkpoints without a look come in between, by the clock: they draw no random
    number and leave the log as it is, so the training is the same with and without them.
    """

    def __init__(self, plan: Plan, has_validation: bool, stop: Callable[[], bool], log: EventLog):
        self.plan, self.has_validation, self.stop, self.log = plan, has_validation, stop, log
        self.saved_at = monotonic()

    def on_step_end(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        look = state.global_step % self.plan.checkpoint_every == 0 or state.global_step == state.max_steps
        control.should_evaluate = look and self.has_validation
        control.should_save = look or self._overdue()
        if self.stop():
            control.should_save = control.should_training_stop = True

    def _overdue(self) -> bool:
        minutes = self.plan.checkpoint_minutes
        return minutes is not None and monotonic() - self.saved_at >= 60 * minutes

    def on_save(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.saved_at = monotonic()
        if history.exhausted(state.log_history, self.plan.patience):
            control.should_training_stop = True
            best = history.best_look(state.log_history)
            self.log.write("early_stop", step=state.global_step, best_step=best and best[0])


class Teller(TrainerCallback):
    """Writes metrics and progress as events, and refuses to go on when the loss is no number, or grows and grows."""

    def __init__(self, log: EventLog):
        self.log = log
        self.divergence = Divergence([])

    def on_train_begin(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.divergence = Divergence([entry["loss"] for entry in state.log_history if "loss" in entry])

    def on_log(self, args, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        logs = given["logs"]
        if "eval_loss" in logs:
            metrics = {"validation_loss": logs["eval_loss"], "perplexity": logs["eval_perplexity"]}
            self.log.write("metrics", step=state.global_step, **metrics)
        elif "loss" in logs:
            if not (math.isfinite(logs["loss"]) and math.isfinite(logs["grad_norm"])):
                raise no_number(state.global_step)
            metrics = {"train_loss": logs["loss"]} | {key: logs[key] for key in ("learning_rate", "grad_norm")}
            self.log.write("metrics", step=state.global_step, **metrics)
            text = f"loss {logs['loss']:.3f}"
            self.log.write("progress", done=state.global_step, total=state.max_steps, unit="step", text=text)
            if self.divergence.grows(logs["loss"]):
                raise diverged(state.global_step, self.divergence)


class Sampler(TrainerCallback):
    """Answers the same few prompts at each look, to see the model learn."""

    def __init__(self, answer: Callable[[], list[dict[str, str]]], log: EventLog):
        self.answer, self.log = answer, log

    def on_evaluate(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        for sample in self.answer():
            self.log.write("sample", step=state.global_step, **sample)
