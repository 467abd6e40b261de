"""A run scaled down until it takes a minute: same architecture, same chat template, a sample of the same rows."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luthier.data_spec import DataSpec
from luthier.errors import ModelError
from luthier.models.base import load_tokenizer, locate
from luthier.rehearsal.sample import TOKENS, pairs, sample
from luthier.run import Run
from luthier.spec import BudgetSpec, ComputeSpec, NotifySpec, RunSpec
from luthier.spec_file import save_spec
from luthier.storage import write_jsonl

if TYPE_CHECKING:
    from transformers import PreTrainedModel

STEPS = 24
CHECKPOINT_EVERY = 6
BATCH = 16
"""So many examples a step that sending a checkpoint takes less time than training to the next one, as in real runs."""
SMALL: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "n_embd": 64,
    "n_layer": 2,
    "n_head": 4,
}
"""Names of sizes in the configurations of transformers, and what they become."""

MAX_USD = 1.0
"""The small run's budget: a dozen times what it should cost at the simulated prices."""


def scale_down(run: Run, folder: Path) -> Path:
    """Write model, data and spec of the rehearsal of `run`, whose data has been validated; returns the spec's path."""
    write_tiny_model(locate(run.spec.model, run.settings.models), folder / "model", run.spec.model.trust_remote_code)
    write_jsonl(folder / "data.jsonl", sample(run))
    path = folder / "spec.yaml"
    save_spec(_small(run.spec, folder), path)
    return path


def write_tiny_model(base: Path, folder: Path, trust_remote_code: bool = False) -> None:
    """A model of the architecture of `base`, with few and random weights, and its tokenizer.

    Raises ModelError where an architecture cannot be made small in this way.
    """
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        _tiny(base, trust_remote_code).save_pretrained(folder)
    except Exception as error:  # each architecture has its own way to refuse sizes
        raise ModelError(
            "a small model of this architecture cannot be made", f"{type(error).__name__}: {error}",
            "Rehearse with another base: what is rehearsed is the same for all.", "model.base",
        ) from error  # fmt: skip
    load_tokenizer(base, trust_remote_code).save_pretrained(folder)


def _tiny(base: Path, trust_remote_code: bool) -> "PreTrainedModel":
    """A model that has proved that it can be asked something."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(base, trust_remote_code=trust_remote_code)
    for part in {id(part): part for part in (config, config.get_text_config())}.values():
        _shrink(part)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32, trust_remote_code=trust_remote_code)
    model(input_ids=torch.zeros((1, 4), dtype=torch.long))
    return model


def _shrink(config: Any) -> None:
    for name, value in SMALL.items():
        with suppress(AttributeError):  # derived from others
            if isinstance(getattr(config, name, None), int):
                setattr(config, name, value)
    kinds = list(dict.fromkeys(getattr(config, "layer_types", None) or []))
    if kinds:  # where layers differ, some of each kind
        layers = SMALL["num_hidden_layers"]
        config.layer_types = (kinds * layers)[:layers]


def _small(spec: RunSpec, folder: Path) -> RunSpec:
    """The spec with few, short and cheap steps. What a machine would choose for itself is fixed."""
    training = {
        "epochs": STEPS,
        "max_steps": STEPS,
        "checkpoint_every": CHECKPOINT_EVERY,
        "batch_size": BATCH,
        "micro_batch_tokens": TOKENS,
        "max_length": min(spec.training.max_length or TOKENS, TOKENS),
        "gradient_checkpointing": False,
        "dtype": "float32",
        "dropout": 0.1,  # draws a random number in every step, so that a generator that was not restored shows
        "patience": STEPS,
        "samples": 1,
        "keep_checkpoints": 2,
    }
    split = spec.data.split.model_copy(update={"by": "random", "stratify": None})  # so few rows make too few groups
    data = DataSpec(path=folder / "data.jsonl", format="preference" if pairs(spec) else "messages", split=split)
    evaluation = {"max_examples": 12, "max_new_tokens": 8, "few_shot": [1], "accept": {}}
    return spec.model_copy(
        update={
            "name": f"rehearsal-{spec.name}"[:200],
            "data": data,
            "model": spec.model.model_copy(update={"base": str(folder / "model"), "revision": None}),
            "training": spec.training.model_copy(update=training),
            "evaluation": spec.evaluation.model_copy(update=evaluation),
            "compute": ComputeSpec(purchase=spec.compute.purchase, threads=1, max_attempts=100, max_hours=2),
            "budget": BudgetSpec(max_usd=MAX_USD),
            "notify": NotifySpec(mute=True),
        }
    )
