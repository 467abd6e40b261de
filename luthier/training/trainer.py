"""TRL's SFTTrainer with packed batches, the head on answers only, and our own checkpoints."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl import SFTConfig, SFTTrainer

from luthier.spec import RunSpec
from luthier.training import history
from luthier.training.dataset import Example, as_dataset, order, total_steps
from luthier.training.packing import Batch, answer_loss, pack

SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


class Trainer(SFTTrainer):
    """`save(step)` is called for each checkpoint; transformers' own is not complete-or-absent."""

    def __init__(
        self,
        spec: RunSpec,
        folder: Path,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        train: list[Example],
        validation: list[Example],
        save: Callable[["Trainer"], None],
    ):
        training = spec.training
        batch_size, max_steps = training.batch_size or 1, training.max_steps
        sequence = order(len(train), training.epochs or 1, batch_size, max_steps, spec.seed)
        self.ids = [example.id for example in train]
        self.steps = total_steps(len(train), training.epochs or 1, batch_size, max_steps)
        self.tokens_of_order = [len(train[row].encoded.input_ids) for row in sequence]
        self.micro_batch = training.micro_batch or 1
        self.half = training.dtype == "bfloat16"
        self.validation = as_dataset(validation) if validation else None
        self.spec, self.save = spec, save
        self.seen: list[int] = []
        super().__init__(
            model=model,
            args=arguments(spec, self.steps, folder),
            data_collator=pack,
            train_dataset=as_dataset(train).select(sequence),
            processing_class=tokenizer,
            peft_config=lora(spec),
        )
        self.model_accepts_loss_kwargs = True  # so that it counts the labels of the whole optimizer step

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):  # noqa: ARG002
        """Mean over all labels of the optimizer step, however it is cut into micro-batches."""
        self.seen.extend(inputs["row"].tolist())
        return self._summed_loss(inputs) / num_items_in_batch

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Validation loss: mean negative log-likelihood over all answer tokens, in nats. Draws no random number."""
        self.model.eval()
        total, tokens = 0.0, 0
        with torch.no_grad():
            for batch in self._validation_batches():
                total += self._summed_loss(batch).item()
                tokens += int((batch["labels"] >= 0).sum())
        metrics = {"eval_loss": total / tokens, "eval_perplexity": math.exp(min(total / tokens, 700))}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the chained hash of the samples seen, so that a log proves its order."""
        if "loss" in logs:
            ids = [self.ids[row] for row in self.seen]
            self.seen.clear()
            logs = {**logs, "samples": history.chain(history.samples_seen(self.state.log_history), ids)}  # type: ignore[dict-item]
        super().log(logs, start_time)

    def autocast(self) -> AbstractContextManager[None]:
        """bfloat16 arithmetic for the float32 adapter on a bfloat16 base."""
        return torch.autocast(self.args.device.type, dtype=torch.bfloat16, enabled=self.half)

    def write_state(self, folder: Path) -> None:
        """Optimizer, scheduler, random generators and log: what a resumed training needs besides the adapter."""
        self._save_optimizer_and_scheduler(str(folder))
        self._save_rng_state(str(folder))
        self.state.save_to_json(str(folder / "trainer_state.json"))

    def _save_checkpoint(self, model, trial) -> None:  # noqa: ARG002
        self.save(self)

    def _summed_loss(self, batch: Batch) -> torch.Tensor:
        with self.autocast():
            return answer_loss(self.model, batch)

    def _validation_batches(self):
        own_generator = torch.Generator()  # else the loader would draw from the one that makes the dropout
        loader = DataLoader(self.validation, self.micro_batch, collate_fn=pack, generator=own_generator)
        return (self._prepare_inputs(batch) for batch in loader)


def arguments(spec: RunSpec, steps: int, folder: Path) -> SFTConfig:
    """One pass over the prepared order; looking, saving and stopping belong to our callbacks."""
    training = spec.training
    assert training.batch_size and training.micro_batch and training.schedule  # resolved by now
    return SFTConfig(
        output_dir=str(folder),
        seed=spec.seed,
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        per_device_train_batch_size=training.micro_batch,
        gradient_accumulation_steps=training.batch_size // training.micro_batch,
        learning_rate=training.learning_rate,
        lr_scheduler_type=SCHEDULES[training.schedule],
        warmup_steps=math.ceil((training.warmup_ratio or 0) * steps),
        optim="adamw_torch",
        gradient_checkpointing=bool(training.gradient_checkpointing),
        bf16=False,  # the trainer's own autocast would not reach the loss
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def lora(spec: RunSpec) -> LoraConfig:
    training = spec.training
    return LoraConfig(
        r=training.rank,
        lora_alpha=training.alpha,
        lora_dropout=training.dropout or 0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
