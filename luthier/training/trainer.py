"""TRL's SFTTrainer with packed batches, the head on answers only, and our own checkpoints."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl import SFTTrainer

from luthier.training import history
from luthier.training.arguments import arguments, lora
from luthier.training.dataset import Example, as_dataset, order, total_steps
from luthier.training.packing import Batch, answer_loss, pack
from luthier.training.plan import Plan


class Trainer(SFTTrainer):
    """`save(trainer)` is called for each checkpoint; transformers' own is not complete-or-absent."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        train: list[Example],
        validation: list[Example],
        save: Callable[["Trainer"], None],
    ):
        sequence = order(len(train), plan)
        self.plan, self.tokenizer, self.save = plan, tokenizer, save
        self.ids = [example.id for example in train]
        self.steps = total_steps(len(train), plan)
        self.lengths = [len(train[row].encoded.input_ids) for row in sequence]
        self.validation = as_dataset(validation)
        self.seen: list[int] = []
        super().__init__(
            model=model,
            args=arguments(plan, self.steps, folder),
            data_collator=pack,  # type: ignore[arg-type]
            train_dataset=as_dataset(train).select(sequence),
            processing_class=tokenizer,
            peft_config=lora(plan),
        )
        self.model_accepts_loss_kwargs = True  # so that it counts the labels of the whole optimizer step

    @property
    def tuned(self) -> PeftModel:
        """The model with its adapter."""
        return cast(PeftModel, self.model)

    def examples_until(self, step: int) -> int:
        """Examples that were seen after `step` optimizer steps."""
        return min(step * self.plan.batch_size, len(self.lengths))

    def tokens_until(self, step: int) -> int:
        """Tokens that were seen after `step` optimizer steps."""
        return sum(self.lengths[: self.examples_until(step)])

    def autocast(self) -> AbstractContextManager[None]:
        """bfloat16 arithmetic for the float32 adapter on a bfloat16 base."""
        return torch.autocast(self.args.device.type, dtype=torch.bfloat16, enabled=self.plan.dtype == "bfloat16")

    def write_state(self, folder: Path) -> None:
        """Optimizer, scheduler, random generators and log: what a resumed training needs besides the adapter."""
        self._save_optimizer_and_scheduler(str(folder))
        self._save_rng_state(str(folder))
        self.state.save_to_json(str(folder / "trainer_state.json"))

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):  # noqa: ARG002
        """Mean over all labels of the optimizer step, however it is cut into micro-batches."""
        self.seen.extend(inputs["row"].tolist())
        return self._summed_loss(inputs) / num_items_in_batch

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Validation loss: mean negative log-likelihood over all answer tokens, in nats. Draws no random number."""
        self.tuned.eval()
        total, tokens = 0.0, 0
        with torch.no_grad():
            for batch in self._validation_batches():
                total += self._summed_loss(batch).item()
                tokens += int((batch["labels"] >= 0).sum())
        metrics = {"eval_loss": total / tokens, "eval_perplexity": math.exp(min(total / tokens, 700))}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def log(self, logs: dict[str, Any], start_time: float | None = None) -> None:
        """Add the chained hash of the samples seen, so that a log proves its order."""
        if "loss" in logs:
            ids = [self.ids[row] for row in self.seen]
            self.seen.clear()
            logs["samples"] = history.chain(history.samples_seen(self.state.log_history), ids)
        super().log(logs, start_time)

    def _save_checkpoint(self, model, trial) -> None:  # noqa: ARG002
        self.save(self)

    def _summed_loss(self, batch: Batch) -> torch.Tensor:
        with self.autocast():
            return answer_loss(self.tuned, batch)

    def _validation_batches(self) -> Iterator[Batch]:
        own_generator = torch.Generator()  # else the loader would draw from the one that makes the dropout
        loader = DataLoader(cast(Any, self.validation), self.plan.micro_batch, collate_fn=pack, generator=own_generator)
        return (cast(Batch, self._prepare_inputs(batch)) for batch in loader)
