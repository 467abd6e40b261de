"""The reference: TRL's SFTTrainer with LoRA, every other value TRL's default (TRL 1.16: float32 weights, bfloat16
autocast, gradient checkpointing, random order, padding).

python -m benchmarks.plain_trl --model DIR --data FILE.jsonl --out DIR …     leaves the adapter and train.json
"""

import argparse
import json
import time
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("model", "data", "out"):
        parser.add_argument(f"--{name}", required=True)
    for name, default in {"batch": 8, "rank": 16, "max-length": 256, "seed": 17}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--lr", type=float, default=2e-4)
    return parser.parse_args()


def rows(path: str) -> Dataset:
    """The last turn is the completion, which TRL then learns alone."""
    conversations = [json.loads(line)["messages"] for line in Path(path).read_text().splitlines()]
    return Dataset.from_list([{"prompt": turns[:-1], "completion": turns[-1:]} for turns in conversations])


def make(options: argparse.Namespace) -> SFTTrainer:
    rank = options.rank
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32),
        processing_class=AutoTokenizer.from_pretrained(options.model),
        train_dataset=rows(options.data),
        args=SFTConfig(
            output_dir=options.out,
            per_device_train_batch_size=options.batch,
            num_train_epochs=1,
            learning_rate=options.lr,
            max_length=options.max_length,
            seed=options.seed,
            save_strategy="no",
            report_to="none",
            use_cpu=not torch.cuda.is_available(),
        ),
        peft_config=LoraConfig(
            r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
    )


if __name__ == "__main__":
    options = asked()
    trainer = make(options)
    cpu, wall = time.process_time(), time.monotonic()
    trainer.train()
    seconds = {"train_cpu_s": time.process_time() - cpu, "train_wall_s": time.monotonic() - wall}
    trainer.save_model(options.out)
    shown = trainer.train_dataset
    told = {
        "steps": trainer.state.global_step,
        "tokens": sum(len(ids) for ids in shown["input_ids"]),
        "trained_tokens": sum(label >= 0 for labels in shown["labels"] for label in labels),
        **seconds,
    }
    (Path(options.out) / "train.json").write_text(json.dumps(told))
