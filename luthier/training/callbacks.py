"""Rhythm and telling, as transformers' trainer asks for them."""

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState

from luthier.events import EventLog
from luthier.training import history, processes
from luthier.training.plan import Plan
from luthier.training.rhythm import Rhythm
from luthier.training.telling import Telling


class Looks(TrainerCallback):
    """Every so many steps: validation loss, then a checkpoint, then perhaps the end."""

    def __init__(self, plan: Plan, has_validation: bool, stop: Callable[[], bool], log: EventLog):
        self.plan, self.has_validation, self.stop = plan, has_validation, stop
        self.rhythm, self.telling = Rhythm(plan), Telling(log)

    def on_step_end(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        control.should_evaluate = self.rhythm.looks(state.global_step, state.max_steps) and self.has_validation
        saves, stops = processes.by_leader(lambda: (self._saves(state), self.stop()))
        control.should_save = saves or stops
        if stops:
            control.should_training_stop = True

    def _saves(self, state: TrainerState) -> bool:
        return self.rhythm.saves(state.global_step, state.max_steps)

    def on_save(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.rhythm.saved()
        if history.exhausted(state.log_history, self.plan.patience):
            control.should_training_stop = True
            self.telling.early_stop(state.global_step, state.log_history)


class Teller(TrainerCallback):
    """Tells each entry of the log."""

    def __init__(self, log: EventLog):
        self.telling = Telling(log)

    def on_train_begin(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.telling.begin(state.log_history)

    def on_log(self, args, state: TrainerState, control: TrainerControl, **given: Any) -> None:
        self.telling.tell(given["logs"], state.global_step, state.max_steps)


class Sampler(TrainerCallback):
    """Answers the same few prompts at each look, to see the model learn."""

    def __init__(self, answer: Callable[[], list[dict[str, str]]], log: EventLog):
        self.answer, self.log = answer, log

    def on_evaluate(self, args, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        for sample in self.answer():
            self.log.write("sample", step=state.global_step, **sample)
