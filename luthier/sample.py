"""A run on a handful of the rows, to see every stage work before the long run."""

import random

from luthier.data_spec import DataSpec, SplitSpec
from luthier.rows import Rows
from luthier.run import Run
from luthier.spec import NotifySpec, RunSpec
from luthier.storage import write_jsonl

STEPS, ANSWERS, ANSWER_TOKENS = 6, 6, 24


def sample_spec(run: Run, count: int) -> RunSpec:
    """The spec of that run. `run`: its data has been validated; `count` of its accepted rows are drawn by its seed."""
    spec, rows = run.spec, Rows(run.folder.accepted)
    chosen = sorted(random.Random(spec.seed).sample(range(len(rows)), min(count, len(rows))))
    path = run.settings.root / "samples" / f"{run.folder.run_id}-{count}.jsonl"
    write_jsonl(path, ({"messages": rows[number]["messages"]} for number in chosen))
    path.chmod(0o600)
    steps = min(spec.training.max_steps or STEPS, STEPS)
    training = {"epochs": None, "max_steps": steps, "checkpoint_every": STEPS // 2, "samples": 1, "patience": None}
    evaluation = {
        "accept": {},
        "few_shot": [1],
        "max_examples": min(spec.evaluation.max_examples, ANSWERS),
        "max_new_tokens": min(spec.evaluation.max_new_tokens, ANSWER_TOKENS),
    }
    return spec.model_copy(
        update={
            "name": f"{spec.name[:190]}-sample",
            "data": DataSpec(path=path, format="messages", split=SplitSpec(test=0.2, validation=0.2, by="random")),
            "training": run.asked.training.model_copy(update=training),
            "evaluation": spec.evaluation.model_copy(update=evaluation),
            "notify": NotifySpec(mute=True),
        }
    )
