"""A plan in TRL's and PEFT's words."""

import math
from pathlib import Path

import torch
from peft import LoraConfig
from transformers.utils import is_liger_kernel_available
from trl import SFTConfig

from luthier.training.plan import Plan

SCHEDULES = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


def arguments(plan: Plan, steps: int, folder: Path) -> SFTConfig:
    """One pass over the prepared order; looking, saving and stopping belong to our callbacks.

    A GPU gets Liger's kernels where they are installed; the head and the attention are our own.
    """
    return SFTConfig(
        output_dir=str(folder),
        seed=plan.seed,
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        per_device_train_batch_size=plan.batch_size,  # one optimizer step; the trainer cuts it by tokens
        learning_rate=plan.learning_rate,
        lr_scheduler_type=SCHEDULES[plan.schedule],
        warmup_steps=math.ceil(plan.warmup_ratio * steps),
        optim="adamw_torch_fused",
        gradient_checkpointing=plan.gradient_checkpointing,
        use_liger_kernel=torch.cuda.is_available() and is_liger_kernel_available(),
        liger_kernel_config={"cross_entropy": False, "fused_linear_cross_entropy": False},
        bf16=False,  # the trainer's own autocast would not reach the loss
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def lora(plan: Plan) -> LoraConfig:
    """An adapter on every linear layer but the head."""
    assert plan.rank and plan.alpha
    return LoraConfig(
        r=plan.rank,
        lora_alpha=plan.alpha,
        lora_dropout=plan.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
