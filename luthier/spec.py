"""The run spec: one pydantic model behind the YAML file, the Prefect form and the Prefect API."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from luthier.data_spec import DataSpec
from luthier.people import Kind
from luthier.spec_form import Section

METRICS = ("exact_match", "token_f1", "rouge_l", "chrf")
"""Metrics of what it answers, all between 0 and 1, higher is better."""

PREFERRED = "preferred"
"""Whether it finds the chosen answer likelier than the rejected one; of preference data only."""

MEASURABLE = (*METRICS, PREFERRED)

ACCEPT_PATTERN = re.compile(r"^\s*(?P<sign>>=|<=|\+|-)\s*(?P<number>\d+(\.\d+)?)\s*(?P<percent>%?)\s*$")


class Project(Section):
    """Client or team that pays."""

    name: str = Field("default", description="Its name; an MLflow experiment of that name holds its runs.")
    price_usd: float | None = Field(
        None, ge=0, description="What the client pays for this run, in dollars. Kept for the margin; not shown yet."
    )


class ModelSpec(Section):
    """What is fine-tuned."""

    usual: ClassVar = ("base",)

    base: str = Field(
        "smollm2-135m",
        description="The base model: smollm2-135m is small and installed already; else a folder, or a Hugging Face id "
        "such as Qwen/Qwen2.5-0.5B-Instruct.",
    )
    revision: str | None = Field(None, description="Commit or tag, for a hub id.")
    trust_remote_code: bool = Field(False, description="Run code that comes with the model. Leave off unless sure.")


class TrainingSpec(Section):
    """How it learns. The preset gives every value that is left empty."""

    usual: ClassVar = ("method", "preset", "epochs", "max_steps")

    method: Literal["lora", "qlora", "full"] = Field(
        "lora",
        description="How the model is changed. lora: a small adapter beside it; qlora: the same on a base held in 4 "
        "bits, for models that would not fit else; full: every weight, which needs the most memory.",
    )
    loss: Literal["auto", "cross_entropy", "weighted", "label_smoothed", "focal", "dpo"] = Field(
        "auto",
        description="What it learns from. auto: dpo where rows hold a rejected answer, else cross_entropy; "
        "cross_entropy: every token of the answers alike; weighted: rare answers count more; label_smoothed: less sure "
        "of itself; focal: hard answers count more; dpo: the chosen answer rather than the rejected.",
    )
    preset: Literal["conservative", "balanced", "aggressive"] = Field(
        "balanced",
        description="conservative: changes little, for few rows; balanced: the usual; aggressive: learns most, forgets "
        "most.",
    )
    engine: Literal["auto", "trl", "mlx"] = Field(
        "auto", description="What trains it. auto: by the hardware; trl: PyTorch; mlx: Apple silicon."
    )
    epochs: float | None = Field(None, gt=0, le=100, description="Passes over the training rows. Empty: by the preset.")
    max_steps: int | None = Field(
        None, ge=1, description="Stop after so many steps, whatever the epochs; 20 for a quick trial. Empty: no limit."
    )
    learning_rate: float | None = Field(None, gt=0, le=1, description="Peak of the schedule, e.g. 2e-4.")
    warmup_ratio: float | None = Field(None, ge=0, le=0.5, description="Share of steps in which the rate climbs.")
    schedule: Literal["linear", "cosine", "constant"] | None = Field(
        None, description="How the rate falls after the warm-up. linear: evenly; cosine: late; constant: not at all."
    )
    rank: int | None = Field(None, ge=1, le=1024, description="LoRA rank: how much the adapter can learn.")
    alpha: int | None = Field(None, ge=1, description="LoRA scale; twice the rank as a rule.")
    dropout: float | None = Field(None, ge=0, lt=1, description="LoRA dropout.")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="With loss label_smoothed: share given to all tokens.")
    focal_gamma: float = Field(2.0, ge=0, le=10, description="With loss focal: how little easy tokens count.")
    dpo_beta: float = Field(0.1, gt=0, le=10, description="With loss dpo: how closely it stays with the base.")
    batch_size: int | None = Field(None, ge=1, le=4096, description="Examples per optimizer step.")
    packing: bool | None = Field(
        None, description="Examples end to end, shared beginnings computed once. Chosen by a test on the model itself."
    )
    micro_batch_tokens: int | None = Field(
        None, ge=1, description="Tokens that go through the model at once. Chosen by the memory that is free."
    )
    max_length: int | None = Field(None, ge=8, description="Tokens per example; longer ones are cut.")
    dtype: Literal["float32", "bfloat16"] | None = Field(
        None, description="Numbers of the weights. float32: exact; bfloat16: half the memory. Chosen by the hardware."
    )
    gradient_checkpointing: bool | None = Field(None, description="Less memory, slower. Chosen by itself.")
    checkpoint_every: int = Field(100, ge=1, description="Steps between checkpoints and looks at the validation loss.")
    keep_checkpoints: int = Field(2, ge=1, description="Newest checkpoints kept, besides the best.")
    patience: int | None = Field(
        None, ge=1, description="Looks without a better validation loss before stopping early."
    )
    samples: int = Field(3, ge=0, le=20, description="Prompts answered at each look, to see it learn.")
    deterministic: bool = Field(True, description="Deterministic kernels, so that a resumed run is equal bit for bit.")


class EvaluationSpec(Section):
    """How it is judged, on rows that it never saw."""

    usual: ClassVar = ("primary_metric", "max_examples", "max_new_tokens")

    primary_metric: Literal[MEASURABLE] = Field(  # type: ignore[valid-type]
        "chrf",
        description="Decides the verdict; fixed before training. exact_match: right or wrong (labels); token_f1: words "
        "in common (short answers); rouge_l: order of words (summaries); chrf: pieces of words (any text); preferred: "
        "chosen rather than rejected (preference data).",
    )
    metrics: list[Literal[MEASURABLE]] = Field(  # type: ignore[valid-type]
        default_factory=list, description="More metrics beside it; empty: all of answers."
    )
    accept: dict[str, str] = Field(
        default_factory=dict,
        description='What must be reached: {perplexity: "-30%", chrf: "+0.02", exact_match: ">=0.5"}.',
    )
    max_examples: int = Field(200, ge=1, description="Test examples that are answered, at most.")
    max_new_tokens: int = Field(128, ge=1, description="Longest answer, in tokens.")
    few_shot: list[Annotated[int, Field(ge=1, le=32)]] = Field(
        default=[2, 4], description="Example counts tried for the base's best prompt, each 1 to 32; empty: none."
    )

    @field_validator("accept", mode="before")
    @classmethod
    def accept_is_readable(cls, value: Any) -> Any:
        for name, wanted in (value or {}).items() if isinstance(value, dict) else ():
            if name not in (*MEASURABLE, "perplexity"):
                known = ", ".join((*MEASURABLE, "perplexity"))
                raise ValueError(f"{name} is not measured; choose from {known}")
            if not ACCEPT_PATTERN.match(str(wanted)):
                raise ValueError(f'{name}: cannot read "{wanted}"; write "-30%", "+0.02", ">=0.5" or "<=4.0"')
        return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else value

    @field_validator("accept")
    @classmethod
    def accept_is_measured(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if not {"primary_metric", "metrics"} <= info.data.keys():  # they are refused themselves
            return value
        measured = ["perplexity", *_all_metrics(info.data["primary_metric"], info.data["metrics"])]
        if left_out := [name for name in value if name not in measured]:
            raise ValueError(f"{', '.join(left_out)} would not be measured; add it to evaluation.metrics")
        return value

    @property
    def all_metrics(self) -> list[str]:
        """Names of the answer metrics, the primary one first."""
        return _all_metrics(self.primary_metric, self.metrics)


def _all_metrics(primary: str, more: Sequence[str]) -> list[str]:
    return [primary, *(name for name in more or METRICS if name != primary)]


class ComputeSpec(Section):
    """Where it runs."""

    usual: ClassVar = ("provider", "gpu", "purchase")

    provider: Literal["local", "runpod"] = Field(
        "local", description="local: on the machine of the worker; runpod: on rented GPUs, which cost money."
    )
    gpu: str | None = Field(
        None, description="What to rent, by RunPod's name for it; empty: the cheapest that the model fits on."
    )
    purchase: Literal["spot", "on_demand", "spot_then_on_demand"] = Field(
        "spot_then_on_demand",
        description="spot: cheaper, may be taken away at any time; on_demand: dearer; "
        "spot_then_on_demand: changes over in need.",
    )
    evictions_before_on_demand: int = Field(
        3, ge=1, description="With spot_then_on_demand: evictions after which on-demand machines are taken."
    )
    deadline: datetime | None = Field(
        None, description="With spot_then_on_demand: when it has to be done; on-demand machines are taken in time."
    )
    max_usd_per_hour: float | None = Field(
        None, gt=0, description="Highest price of a pod; a spot one is bid for at what is asked today, never above."
    )
    checkpoint_minutes: float | None = Field(
        10, gt=0, description="Longest time without a checkpoint; training.checkpoint_every makes them by steps."
    )
    max_attempts: int = Field(10, ge=1, le=100, description="Attempts a stage gets when its worker dies.")
    max_hours: float = Field(72, gt=0, description="Rented pods of a run are ended so many hours after its first one.")
    threads: int | None = Field(None, ge=1, description="CPU threads; all cores if empty.")
    processes: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Processes that train together, one for each GPU. Empty: one for each GPU of the machine; without "
        "one, 1.",
    )
    sharding: Literal["none", "full"] = Field(
        "none",
        description="How these processes hold the model. none: each a copy, which is fastest; full: weights, gradients "
        "and optimizer spread over them (FSDP), for a model that one GPU could not train.",
    )
    background: bool = Field(
        False,
        description="Give way to the person who uses this machine: low priority, and pauses while it runs on battery, "
        "is hot or has other work to do.",
    )
    max_memory_gb: float | None = Field(
        None,
        gt=0,
        description="Most memory of this machine, in GB, that a worker may take. Empty: half of it in the background, "
        "else no limit.",
    )

    @field_validator("processes")
    @classmethod
    def rented_pods_have_one_gpu(cls, value: int | None, info: ValidationInfo) -> int | None:
        if (value or 1) > 1 and info.data.get("provider") != "local":
            raise ValueError("a rented pod has one GPU, and each process needs one of its own; leave it empty")
        return value

    @field_validator("deadline")
    @classmethod
    def deadline_has_a_zone(cls, value: datetime | None) -> datetime | None:
        return value.astimezone() if value else None


class BudgetSpec(Section):
    """Dollars for rented machines; this machine costs nothing."""

    max_usd: float | None = Field(None, ge=0, description="Hard limit: a checkpoint is written, then the pod is ended.")
    warn_above_usd: float | None = Field(100, ge=0, description="Warn when the estimate is above this.")
    approve_above_usd: float | None = Field(
        150, ge=0, description="A person must approve a likely cost above this; empty: nobody is asked."
    )


class BrandSpec(Section):
    """Whose report it is."""

    name: str | None = Field(None, description="Shown on the report instead of Luthier.")
    color: str | None = Field(None, pattern=r"^#[0-9a-fA-F]{6}$", description="Accent colour, e.g. #1f6feb.")


class ReportSpec(Section):
    """How the report looks."""

    mode: Literal["full"] = Field("full", description="How much the report holds. full: everything.")
    brand: BrandSpec = Field(default_factory=BrandSpec)


class NotifySpec(Section):
    """Who is told of this run, of those whom luthier.toml knows."""

    people: list[str] = Field(
        default_factory=list, description="Only these, by their names in luthier.toml; empty: all."
    )
    kinds: list[Kind] = Field(default_factory=list, description="Only these kinds of messages; empty: all.")
    mute: bool = Field(False, description="Tell nobody.")


def _as_project(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class RunSpec(Section):
    """Only the name and the data's path are needed. The same values again continue the same run."""

    usual: ClassVar = (
        "name", "data", "model", "training", "evaluation", "project", "notes", "budget", "compute", "notify", "report",
        "recipe", "seed",
    )  # fmt: skip

    name: str = Field(min_length=1, max_length=200, description="What the run is called, e.g. support-bot.")
    project: Annotated[Project, BeforeValidator(_as_project)] = Field(default_factory=Project)
    recipe: str = Field("", max_length=200, description="The recipe it was made from; runs are compared by it.")
    notes: str = Field("", description="For people; shown in the report.")
    seed: int = Field(17, ge=0, lt=2**31, description="Fixes split, order, dropout and initial adapter.")
    data: DataSpec
    model: ModelSpec = Field(default_factory=ModelSpec)
    training: TrainingSpec = Field(default_factory=TrainingSpec)
    evaluation: EvaluationSpec = Field(default_factory=EvaluationSpec)
    compute: ComputeSpec = Field(default_factory=ComputeSpec)
    budget: BudgetSpec = Field(default_factory=BudgetSpec)
    report: ReportSpec = Field(default_factory=ReportSpec)
    notify: NotifySpec = Field(default_factory=NotifySpec)
