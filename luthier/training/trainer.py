"""TRL's SFTTrainer with packed micro-batches, our own objectives, and our own checkpoints."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset
from peft import PeftModel, get_peft_model
from peft.helpers import disable_input_dtype_casting
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed
from trl import SFTTrainer

from luthier.models.weights import write_adapter, write_model
from luthier.training import history
from luthier.training.arguments import arguments, lora
from luthier.training.attention import OWN, SEGMENTS
from luthier.training.carrying import carry_on, name_parameters
from luthier.training.course import course
from luthier.training.hardware import share_beginnings
from luthier.training.history import Log
from luthier.training.objectives import Objective, objective
from luthier.training.packing import Packer
from luthier.training.pairs import PairPacker
from luthier.training.plan import Plan
from luthier.training.readout import read

AT_A_LOOK = 64
"""Rows that are packed together, as long as their tokens fit."""


class Trainer(SFTTrainer):
    """A `Training`. `save(trainer)` is called for each checkpoint; transformers' own is not complete-or-absent."""

    engine: Literal["trl"] = "trl"

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        train: Dataset,
        validation: Dataset,
        save: Callable[["Trainer"], None],
    ):
        self.plan, self.tokenizer, self.save = plan, tokenizer, save
        self.course, self.packer = course(train, plan), packer(plan)
        self.objective: Objective = objective(plan)
        self.validation = validation
        self.seen: list[int] = []
        set_seed(plan.seed)  # decides what the adapter begins with
        super().__init__(
            model=model if plan.method == "full" else get_peft_model(model, lora(plan)),
            args=arguments(plan, self.course.steps, folder),
            data_collator=self.packer,  # type: ignore[arg-type]
            train_dataset=train.select(self.course.rows),
            processing_class=tokenizer,
        )
        model.set_attn_implementation(SEGMENTS if plan.packing else OWN)
        for parameter in self._trained():  # TRL rounds an adapter on a quantised base to bfloat16
            parameter.data = parameter.data.float()

    @property
    def tuned(self) -> Any:
        """The model with its adapter, or the model whose every weight is trained."""
        return self.model

    @property
    def step(self) -> int:
        return self.state.global_step

    @property
    def log_history(self) -> Log:
        return self.state.log_history

    @property
    def trainable(self) -> int:
        return sum(parameter.numel() for parameter in self._trained())

    def autocast(self) -> AbstractContextManager[None]:
        """bfloat16 arithmetic for float32 weights that are trained."""
        return autocast(self.plan, self.args.device)

    def write_checkpoint(self, folder: Path) -> None:
        """The weights; and optimizer, scheduler, random generators and log, which a resumed training needs besides."""
        (write_model if self.plan.method == "full" else write_adapter)(self.tuned, folder)
        self._save_optimizer_and_scheduler(str(folder))
        self._save_rng_state(str(folder))
        self.state.save_to_json(str(folder / "trainer_state.json"))

    def create_optimizer(self, model=None):
        optimizer = super().create_optimizer(model)
        name_parameters(optimizer, self.tuned)
        return optimizer

    def train(self, *given, **named):
        """As transformers trains; an adapter takes what it is given as it is, and autocast does the rest."""
        adapted = isinstance(self.tuned, PeftModel)
        with disable_input_dtype_casting(self.tuned) if adapted else nullcontext():
            return super().train(*given, **named)

    def training_step(self, model, inputs, num_items_in_batch=None):  # noqa: ARG002
        """Gradients of the mean loss of the optimizer step, however it is cut into micro-batches; the mean."""
        model.train()
        self.seen.extend(inputs["rows"])
        weight = sum(self.objective.weight(micro_batch) for micro_batch in inputs["packs"])
        return sum(self._gradients(micro_batch, weight) for micro_batch in inputs["packs"])

    def floating_point_ops(self, _inputs):
        """Not counted: transformers' estimate would take the padded length of what is not padded."""
        return 0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The objective's look at the validation rows. Draws no random number."""
        self.tuned.eval()
        with torch.no_grad(), self.autocast():
            metrics = self.objective.look(self.tuned, micro_batches(self.validation, self.packer, self.args.device))
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def log(self, logs: dict[str, Any], start_time: float | None = None) -> None:
        """Add the chained hash of the samples seen, so that a log proves its order."""
        if "loss" in logs:
            ids = [self.course.ids[row] for row in self.seen]
            self.seen.clear()
            logs["samples"] = history.chain(history.samples_seen(self.state.log_history), ids)
        super().log(logs, start_time)

    def _save_checkpoint(self, model, trial) -> None:  # noqa: ARG002
        self.save(self)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint and not Path(checkpoint, "optimizer.pt").exists():
            carry_on(self.optimizer, self.lr_scheduler, self.tuned, Path(checkpoint), self.step)
        else:
            super()._load_optimizer_and_scheduler(checkpoint)

    def _gradients(self, micro_batch: Any, weight: float) -> torch.Tensor:
        with self.autocast():
            loss = self.objective.loss(self.tuned, micro_batch) / weight
        self.accelerator.backward(loss)
        return loss.detach()

    def _trained(self) -> list[torch.nn.Parameter]:
        return [parameter for parameter in self.tuned.parameters() if parameter.requires_grad]


def autocast(plan: Plan, device: torch.device) -> AbstractContextManager[None]:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=plan.dtype == "bfloat16")


def packer(plan: Plan) -> Packer:
    kind = PairPacker if plan.loss == "dpo" else Packer
    return kind(plan.packing, share_beginnings(), plan.micro_batch_tokens)


@torch.no_grad()
def base_margins(plan: Plan, model: Any, examples: Dataset) -> list[float]:
    """By how many nats the untrained model finds each row's chosen answer likelier than its rejected one."""
    model.set_attn_implementation(SEGMENTS if plan.packing else OWN)
    model.eval()
    found = dict[int, float]()
    unknown = examples.add_column("margin", [0.0] * len(examples))  # type: ignore[call-arg]
    with autocast(plan, model.device):
        for pairs in micro_batches(unknown, packer(plan), model.device):
            surprises = torch.cat([read(model, part).surprises() for part in pairs.parts])
            found |= zip(pairs.rows, pairs.margins_of(surprises).tolist(), strict=True)
    return [found[row] for row in range(len(examples))]


def micro_batches(examples: Dataset, packer: Packer, device: torch.device) -> Iterator[Any]:
    """All examples in their order, some of them packed together."""
    for start in range(0, len(examples), AT_A_LOOK):
        rows = examples[start : start + AT_A_LOOK]
        some = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
        yield from (micro_batch.to(device) for micro_batch in packer(some)["packs"])
