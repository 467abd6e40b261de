"""TRL's SFTTrainer with packed micro-batches, the head on answers only, and our own checkpoints."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import torch
from datasets import Dataset
from peft import PeftModel
from peft.helpers import disable_input_dtype_casting
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl import SFTTrainer

from luthier.training import history
from luthier.training.arguments import arguments, lora
from luthier.training.attention import OWN, SEGMENTS
from luthier.training.dataset import lengths, order, total_steps
from luthier.training.hardware import share_beginnings
from luthier.training.packing import Packed, Packer, answer_loss
from luthier.training.plan import Plan

AT_A_LOOK = 64
"""Validation rows that are packed together, as long as their tokens fit."""


class Trainer(SFTTrainer):
    """`save(trainer)` is called for each checkpoint; transformers' own is not complete-or-absent."""

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
        sequence = order(len(train), plan)
        self.plan, self.tokenizer, self.save = plan, tokenizer, save
        self.ids = train.data.column("id").to_pylist()
        self.steps = total_steps(len(train), plan)
        self.lengths = lengths(train)[sequence].tolist()
        self.packer = Packer(plan.packing, share_beginnings(), plan.micro_batch_tokens)
        self.validation = validation
        self.seen: list[int] = []
        super().__init__(
            model=model,
            args=arguments(plan, self.steps, folder),
            data_collator=self.packer,  # type: ignore[arg-type]
            train_dataset=train.select(sequence),
            processing_class=tokenizer,
            peft_config=lora(plan),
        )
        model.set_attn_implementation(SEGMENTS if plan.packing else OWN)

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

    def train(self, *given, **named):
        """As transformers trains; the adapter takes what it is given as it is, and autocast does the rest."""
        with disable_input_dtype_casting(self.tuned):
            return super().train(*given, **named)

    def training_step(self, model, inputs, num_items_in_batch=None):  # noqa: ARG002
        """Gradients of the mean loss over all answer tokens of the optimizer step, however it is cut; the mean."""
        model.train()
        self.seen.extend(inputs["rows"])
        answers = sum(len(packed.targets) for packed in inputs["packs"])
        return sum(self._gradients(packed, answers) for packed in inputs["packs"])

    def floating_point_ops(self, _inputs):
        """Not counted: transformers' estimate would take the padded length of what is not padded."""
        return 0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Validation loss: mean negative log-likelihood over all answer tokens, in nats. Draws no random number."""
        self.tuned.eval()
        total, tokens = 0.0, 0
        with torch.no_grad():
            for packed in self._validation_packs():
                total += self._loss(packed).item()
                tokens += len(packed.targets)
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

    def _gradients(self, packed: Packed, answers: int) -> torch.Tensor:
        loss = self._loss(packed) / answers
        self.accelerator.backward(loss)
        return loss.detach()

    def _loss(self, packed: Packed) -> torch.Tensor:
        with self.autocast():
            return answer_loss(self.tuned, packed)

    def _validation_packs(self) -> Iterator[Packed]:
        for start in range(0, len(self.validation), AT_A_LOOK):
            rows = self.validation[start : start + AT_A_LOOK]
            examples = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
            yield from (packed.to(self.args.device) for packed in self.packer(examples)["packs"])
