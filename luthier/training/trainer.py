"""TRL's SFTTrainer with packed micro-batches, our own objectives, and our own checkpoints."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from datasets import Dataset
from peft import PeftModel, get_peft_model
from peft.helpers import disable_input_dtype_casting
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed
from trl import SFTTrainer

from luthier.models.weights import write_adapter, write_model
from luthier.training import dropout, history, processes
from luthier.training.arguments import arguments, lora
from luthier.training.attention import OWN, SEGMENTS
from luthier.training.carrying import carry_on, name_parameters
from luthier.training.course import course
from luthier.training.cutting import autocast, micro_batches, packer
from luthier.training.history import Log
from luthier.training.holding import Copies, Holding
from luthier.training.objectives import Objective, objective
from luthier.training.plan import Plan


class State(NamedTuple):
    """What the processes have to bring together for a checkpoint, as `Holding` and `dropout` give it."""

    weights: dict[str, torch.Tensor] | None
    optimizer: dict[str, Any]
    scheduler: dict[str, Any]
    generators: list[torch.Tensor]


class Trainer(SFTTrainer):
    """A `Training`, or the share of it that one of several processes has: all of them take the same steps.

    `save(trainer)` is called for each checkpoint, in the process that leads; transformers' own is not
    complete-or-absent.
    """

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
        self.sharded = processes.spread(plan.sharding)
        self.seen: list[int] = []
        self.at_hand: State | None = None
        set_seed(plan.seed)  # decides what the adapter begins with
        super().__init__(
            model=model if plan.method == "full" else get_peft_model(model, lora(plan)),
            args=arguments(plan, self.course.steps, folder),
            data_collator=self._share,  # type: ignore[arg-type]
            train_dataset=train.select(self.course.rows),
            processing_class=tokenizer,
        )
        self.holding: Holding = Copies(self.model)
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
        assert self.at_hand
        weights, optimizer, scheduler, generators = self.at_hand
        (write_model if self.plan.method == "full" else write_adapter)(self.tuned, folder, weights)
        torch.save(optimizer, folder / "optimizer.pt")
        torch.save(scheduler, folder / "scheduler.pt")
        self._save_rng_state(str(folder))
        if processes.count() > 1:
            torch.save(generators, folder / dropout.FILE)
        self.state.save_to_json(str(folder / "trainer_state.json"))

    def train(self, *given, **named):
        """As transformers trains; an adapter takes what it is given as it is, and autocast does the rest."""
        dropout.begin(self.plan.seed)
        adapted = isinstance(self.tuned, PeftModel)
        with disable_input_dtype_casting(self.tuned) if adapted else nullcontext():
            return super().train(*given, **named)

    def create_optimizer(self, model=None):
        """The last moment to spread the model: a checkpoint's weights are in it by now."""
        if self.sharded:
            from luthier.training.sharding import Spread, spread_states  # which brings much that one process never uses

            self.holding = Spread(self.tuned, self.args.device)
        optimizer = super().create_optimizer(model)
        name_parameters(optimizer, self.tuned)
        if self.sharded:
            optimizer.register_load_state_dict_pre_hook(spread_states)
        return optimizer

    def training_step(self, model, inputs, num_items_in_batch=None):  # noqa: ARG002
        """Gradients of the mean loss of the optimizer step, however it is cut into micro-batches; the mean.

        Where processes have to compute in step, one that has done its micro-batches computes spare ones for nothing.
        """
        model.train()
        self.seen.extend(inputs["rows"])
        own = inputs["packs"]
        (weight,) = processes.total([sum(self.objective.weight(micro_batch) for micro_batch in own)])
        spares = self.holding.rounds(len(own)) - len(own)
        loss = torch.zeros((), device=self.args.device)
        for micro_batch in own:
            loss += self._gradients(micro_batch, weight, self.holding.averages)
        for _ in range(spares):
            self._gradients(inputs["spare"], weight, 0)
        self.holding.sum_gradients(self._trained())
        return processes.add(loss)

    def floating_point_ops(self, _inputs):
        """Not counted: transformers' estimate would take the padded length of what is not padded."""
        return 0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """The objective's look at the validation rows. Draws no random number."""
        self.tuned.eval()
        with torch.no_grad(), self.autocast():
            metrics = self.objective.look(processes.total(self.holding.run(self._tally)))
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
        assert self.optimizer and self.lr_scheduler
        weights, optimizer = self.holding.weights(), self.holding.states(self.optimizer)
        self.at_hand = State(weights, optimizer, self.lr_scheduler.state_dict(), dropout.states())
        if processes.leads():
            self.save(self)
        self.at_hand = None
        processes.wait()

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint and not Path(checkpoint, "optimizer.pt").exists():
            assert self.optimizer
            carry_on(self.optimizer, self.lr_scheduler, self.tuned, Path(checkpoint), self.step)
            self.optimizer.load_state_dict(self.optimizer.state_dict())  # which spreads it, where it has to be
        else:
            super()._load_optimizer_and_scheduler(checkpoint)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        super()._load_rng_state(checkpoint)
        if checkpoint:
            dropout.go_on(Path(checkpoint), self.plan.seed, self.step)

    def _clip_grad_norm(self, model):
        norm = super()._clip_grad_norm(model)
        return norm.full_tensor() if self.sharded else norm

    def _move_model_to_device(self, model, device) -> None:
        """One that is to be spread may be too large for the device; its parts are moved as they are spread."""
        if not self.sharded:
            super()._move_model_to_device(model, device)

    def _share(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """{packs, spare, rows}: this process's micro-batches of an optimizer step, one to compute where it has none,
        and the numbers of all examples.
        """
        sizes = [self.packer.size(example) for example in examples]
        mine = processes.shares(sizes, processes.count())[processes.rank()]
        rows = [example["row"] for example in examples]
        spare = self.packer(examples[:1])["packs"][0] if self.sharded else None
        return {"packs": self.packer([examples[number] for number in mine])["packs"], "spare": spare, "rows": rows}

    def _gradients(self, micro_batch: Any, weight: float, times: int) -> torch.Tensor:
        with self.autocast():
            loss = self.holding.run(lambda model: self.objective.loss(model, micro_batch)) / weight
        self.accelerator.backward(loss * times)
        return loss.detach()

    def _tally(self, model: Any) -> list[float]:
        """This process's part of the validation rows. In the last round the first computes what others add, too."""
        sums: list[float] = []
        for some in processes.rounds(micro_batches(self.validation, self.packer, self.args.device)):
            own = processes.rank() < len(some)
            tally = self.objective.tally(model, some[processes.rank() if own else 0])
            sums = [before + each * own for before, each in zip(sums or [0.0] * len(tally), tally, strict=True)]
        return sums

    def _trained(self) -> list[torch.nn.Parameter]:
        return [parameter for parameter in self.tuned.parameters() if parameter.requires_grad]
