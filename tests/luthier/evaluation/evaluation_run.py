"""A run folder with splits and an adapter for the tiny model, and a worker process that can be killed.

python evaluation_run.py STAGE RUN BASE
"""

import sys
from pathlib import Path
from unittest.mock import patch

from luthier.events import EventLog
from luthier.rows import Row, write_rows
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec

SPEC = RunSpec.model_validate(
    {
        "name": "evaluation",
        "data": {"path": "data.jsonl"},
        "training": {"dtype": "float32"},
        "evaluation": {"max_new_tokens": 12, "few_shot": [1, 2], "accept": {"perplexity": "-30%"}},
    }
)


def row(name: str, number: int) -> Row:
    question = f"{name} {number}: " + "why? " * (number % 5)
    answer = f"because {name}{number} " + "of this " * (number % 3)
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer.strip()}]
    return {"id": f"{name}-{number}", "group": f"{name}-{number}", "messages": messages}


def make_run(root: Path, base: Path) -> RunFolder:
    run = RunFolder(root)
    for name, count in (("train", 12), ("validation", 6), ("test", 24)):
        write_rows(run.split(name), [row(name, number) for number in range(count)])
    write_adapter(run.adapter, base)
    return run


def write_adapter(folder: Path, base: Path) -> None:
    """A LoRA adapter that changes the model, always in the same way."""
    import torch
    from peft import LoraConfig, get_peft_model

    from luthier.models.base import load_model

    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(load_model(base, "float32"), config).save_pretrained(folder)


def work(stage: str, run: RunFolder, base: Path, stop=lambda: False, spec: RunSpec = SPEC) -> dict:
    from luthier.evaluation import torch_engine
    from luthier.evaluation.baseline import baseline
    from luthier.evaluation.tuned import evaluate

    attempt = run.attempt(len(run.attempt_numbers()) + 1)
    attempt.root.mkdir(parents=True)
    stages = {"baseline": baseline, "evaluate": evaluate}
    # small batches, so that there is a middle to be killed in
    with patch.object(torch_engine, "ANSWERED_AT_ONCE", 150), patch.object(torch_engine, "READ_AT_ONCE", 150):
        return stages[stage](spec, run, attempt, EventLog(attempt.events), base, stop)


if __name__ == "__main__":
    work(sys.argv[1], RunFolder(Path(sys.argv[2])), Path(sys.argv[3]))
