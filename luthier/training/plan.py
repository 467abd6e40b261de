"""The training section of a resolved spec: no value is open any more."""

from typing import Literal

from pydantic import BaseModel

from luthier.spec import RunSpec


class Length(BaseModel):
    """What decides how many optimizer steps there are."""

    epochs: float
    max_steps: int | None
    batch_size: int


class Plan(Length):
    """What the engine works by. Fields as in TrainingSpec and ComputeSpec, and the run's seed."""

    method: Literal["lora", "qlora", "full"]
    loss: Literal["cross_entropy", "weighted", "label_smoothed", "focal", "dpo"]
    seed: int
    learning_rate: float
    warmup_ratio: float
    schedule: Literal["linear", "cosine", "constant"]
    rank: int | None
    alpha: int | None
    dropout: float
    label_smoothing: float
    focal_gamma: float
    dpo_beta: float
    packing: bool
    micro_batch_tokens: int
    max_length: int
    dtype: Literal["float32", "bfloat16"]
    gradient_checkpointing: bool
    checkpoint_every: int
    checkpoint_minutes: float | None
    sharding: Literal["none", "full"]
    keep_checkpoints: int
    patience: int | None
    samples: int


def plan_of(spec: RunSpec) -> Plan:
    """Raises pydantic's ValidationError when the spec was not resolved, or what only the model can tell is open."""
    compute = spec.compute
    besides = {"seed": spec.seed, "checkpoint_minutes": compute.checkpoint_minutes, "sharding": compute.sharding}
    return Plan.model_validate(spec.training.model_dump() | besides)


def length_of(spec: RunSpec) -> Length:
    """Raises pydantic's ValidationError when the spec was not resolved before."""
    return Length.model_validate(spec.training.model_dump())
