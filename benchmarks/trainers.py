"""The trainers that are compared, each as a command: same rows, batch, epoch, learning rate, adapter and length.

Every other value is the trainer's own default. All learn the last answer only and keep the model's chat format.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

RANK, RATE = 16, 2e-4
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
"""What SmolLM2's chat template says where a row has no system prompt; the rivals do not read the template."""


class Job(NamedTuple):
    model: Path
    data: Path
    batch: int
    max_length: int
    seed: int
    out: Path


Command = Callable[[Job], list[str]]


def luthier(job: Job) -> list[str]:
    return [sys.executable, "-m", "flows.cli", "bench-train", *_ours(job)]


def plain_trl(job: Job) -> list[str]:
    return [sys.executable, "-m", "benchmarks.plain_trl", *_ours(job)]


def swift(python: str) -> Command:
    def command(job: Job) -> list[str]:
        lora = {"tuner_type": "lora", "lora_rank": RANK, "lora_alpha": 2 * RANK, "lora_dropout": 0}
        form = {"model": job.model, "model_type": "llama", "template": "chatml", "system": SYSTEM}
        rest = {
            "dataset": job.data, "split_dataset_ratio": 0, "loss_scale": "last_round", "warmup_ratio": 0,
            "lr_scheduler_type": "linear", "bf16": "true", "fp16": "false", "add_version": "false",
            "report_to": "none", "target_modules": "all-linear", "use_cpu": "true",
        }  # fmt: skip
        return [python, "-m", "swift.cli.sft", *_options(_shared(job, "max_length") | form | lora | rest)]

    return command


def llama_factory(python: str) -> Command:
    """Leaves its description of the data beside the data."""

    def command(job: Job) -> list[str]:
        describe(job.data)
        lora = {"finetuning_type": "lora", "lora_rank": RANK, "lora_alpha": 2 * RANK, "lora_dropout": 0}
        form = {"model_name_or_path": job.model, "template": "smollm2", "default_system": SYSTEM}
        rest = {
            "stage": "sft", "do_train": "true", "lora_target": "all", "dataset_dir": job.data.parent,
            "dataset": job.data.stem, "mask_history": "true", "lr_scheduler_type": "linear", "bf16": "true",
            "report_to": "none", "use_cpu": "true",
        }  # fmt: skip
        return [python, "-m", "llamafactory.cli", "train", *_options(_shared(job, "cutoff_len") | form | lora | rest)]

    return command


def describe(data: Path) -> None:
    """LLaMA-Factory's dataset_info.json for one file of conversations."""
    tags = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
    info = {"file_name": data.name, "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": tags}
    (data.parent / "dataset_info.json").write_text(json.dumps({data.stem: info}))


def _ours(job: Job) -> list[str]:
    given = job._asdict() | {"lr": RATE, "rank": RANK}  # one epoch is both their default
    return _options({name.replace("_", "-"): value for name, value in given.items()})


def _shared(job: Job, length: str) -> dict[str, object]:
    """What transformers' trainers call by the same names."""
    return {
        "output_dir": job.out, "per_device_train_batch_size": job.batch, "gradient_accumulation_steps": 1,
        "num_train_epochs": 1, "learning_rate": RATE, "seed": job.seed, length: job.max_length,
    }  # fmt: skip


def _options(values: dict[str, object]) -> list[str]:
    return [part for name, value in values.items() for part in (f"--{name}", str(value))]
