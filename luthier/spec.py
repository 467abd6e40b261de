"""The run spec: one pydantic model behind the YAML file, the Prefect form and the Prefect API."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from luthier.people import Kind
from luthier.spec_form import section_form

METRICS = ("exact_match", "token_f1", "rouge_l", "chrf")
"""Answer metrics, all between 0 and 1, higher is better."""

ACCEPT_PATTERN = re.compile(r"^\s*(?P<sign>>=|<=|\+|-)\s*(?P<number>\d+(\.\d+)?)\s*(?P<percent>%?)\s*$")


class Section(BaseModel):
    """Part of a spec. usual: what a newcomer's form shows of it; empty: everything."""

    usual: ClassVar[tuple[str, ...]] = ()
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra=section_form,
    )


class Project(Section):
    """Client or team that pays."""

    name: str = Field("default", description="Its name; an MLflow experiment of that name holds its runs.")
    price_usd: float | None = Field(
        None, ge=0, description="What the client pays for this run, in dollars. Kept for the margin; not shown yet."
    )


class SplitSpec(Section):
    """How the rows are divided. `group` keeps a conversation and its near-duplicates on one side."""

    test: float = Field(0.1, gt=0, lt=1, description="Share of rows held out for the proof.")
    validation: float = Field(0.1, gt=0, lt=1, description="Share of rows that steer early stopping.")
    by: Literal["group", "random", "time"] = Field(
        "group",
        description="group: near-duplicates never cross the split; random: row by row; time: as group, and the newest "
        "rows are the test.",
    )
    stratify: str | None = Field(
        None, description="A field of the rows, or label (the answer), whose values each split holds in like shares."
    )

    @model_validator(mode="after")
    def leaves_training_rows(self) -> "SplitSpec":
        if self.test + self.validation >= 0.9:
            raise ValueError("test + validation must stay below 0.9, or nothing is left to train on")
        return self


FORMATS = (
    "messages", "sharegpt", "alpaca", "prompt_completion", "question_answer", "preference", "conversation_factory",
    "message_table", "chatgpt", "slack", "help_desk", "text",
)  # fmt: skip
"""Layouts of rows that are understood."""

PERSONAL_KINDS = ("email", "phone", "card", "ssn", "iban", "ip", "key", "password", "name", "place")
"""Kinds of personal data and secrets that are looked for; the last two only with the extra `presidio`."""

FLAWS = ("refusal", "boilerplate", "mojibake", "outlier", "conflict", "truncated")
"""What inspection may hold against a row that can be learned from."""

Format = Literal[("auto", *FORMATS)]  # type: ignore[valid-type]


class MoreData(Section):
    """A further data file."""

    path: Path = Field(description="The file or folder, relative to the spec's folder.")
    weight: float = Field(1, gt=0, le=100, description="2: each of its training rows twice; 0.5: half of them.")
    format: Format = Field("auto", description="As data.format.")
    columns: dict[str, str] = Field(default_factory=dict, description="As data.columns.")


class DataSpec(Section):
    """What it learns from."""

    usual: ClassVar = ("path", "format", "on_bad_rows", "dedupe", "approve")

    path: Path = Field(
        description="The data: a file or a folder. Relative to the spec's folder; in Prefect's form to the folder in "
        "which `luthier up` runs. An absolute path is safe."
    )
    more: list[MoreData] = Field(default_factory=list, description="Further files: [{path: faq.csv, weight: 2}].")
    format: Format = Field(
        "auto",
        description="How rows look. auto: seen from each file's first rows, nearly always right; the others name a "
        "layout, see docs/data-formats.md.",
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Names that differ from the usual: {prompt: question_text, completion: reply}.",
    )
    assistant: str | None = Field(
        None, description="Whose messages are the answers in an exported chat: an author or a role; several by comma."
    )
    database: str = Field(
        "LUTHIER_SQL_URL",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="For a .sql file: the environment variable that holds the database's SQLAlchemy URL.",
    )
    refresh_hours: float = Field(24, ge=0, description="For a .sql file: how long its answer is used again.")
    task: Literal["auto", "classification", "generation", "question_answering", "code", "domain_adaptation"] = Field(
        "auto",
        description="What is learned; decides how many rows count as few. auto: seen from the answers; "
        "classification: labels; generation: free texts; question_answering: short facts; code: programs; "
        "domain_adaptation: the language of plain texts.",
    )
    on_bad_rows: Literal["refuse", "quarantine"] = Field(
        "refuse", description="Rows with faults. refuse: stop and list them; quarantine: set them aside and go on."
    )
    max_quarantined: float = Field(
        0.05, ge=0, le=1, description="Stop when a larger share of rows is faulty; 0.05 is 5 %."
    )
    where: dict[str, str | float | bool | list[str | float | bool]] = Field(
        default_factory=dict, description='Rows to keep, by their fields: {topic: [billing, login], score: ">=4"}.'
    )
    repair_encoding: bool = Field(False, description="Mend texts that were decoded wrongly (cafÃ© → café).")
    drop: list[Literal[FLAWS]] = Field(  # type: ignore[valid-type]
        default_factory=list,
        description="Flaws whose rows are set aside. refusal: the answer refuses; boilerplate: empty phrases; "
        "mojibake: wrongly decoded text; outlier: unlike all others; conflict: one question, unlike answers; "
        "truncated: cut off.",
    )
    dedupe: Literal["off", "exact", "near"] = Field(
        "off",
        description="Repeated rows, set aside before the split. off: kept; exact: the same text; near: also nearly "
        "the same.",
    )
    balance: Literal["off", "down", "up"] = Field(
        "off",
        description="Labels of unlike frequency. off: left; down: surplus rows set aside; up: training rows of rarer "
        "labels repeated.",
    )
    personal: dict[Literal[(*PERSONAL_KINDS, "all")], Literal["report", "mask", "refuse"]] = Field(  # type: ignore[valid-type]
        default_factory=dict,
        description="Personal data by kind, and what happens. report: said; mask: replaced; refuse: the run stops. "
        "{all: report, email: mask, key: refuse}",
    )
    rules: Path | None = Field(
        None, description="A folder with your own expectations.json and columns.py; see docs/own-rules.md."
    )
    stored: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="Where the storage has these files. `luthier submit` writes it."
    )
    approve: bool = Field(False, description="Wait until a person has looked at the data and approved it.")
    split: SplitSpec = Field(default_factory=SplitSpec)


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

    usual: ClassVar = ("preset", "epochs", "max_steps")

    method: Literal["lora"] = Field("lora", description="How the model is changed. lora: a small adapter beside it.")
    preset: Literal["conservative", "balanced", "aggressive"] = Field(
        "balanced",
        description="conservative: changes little, for few rows; balanced: the usual; aggressive: learns most, forgets "
        "most.",
    )
    engine: Literal["auto", "trl"] = Field("auto", description="What trains it. auto: by the hardware; trl: PyTorch.")
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

    primary_metric: Literal[METRICS] = Field(  # type: ignore[valid-type]
        "chrf",
        description="Decides the verdict; fixed before training. exact_match: right or wrong (labels); token_f1: words "
        "in common (short answers); rouge_l: order of words (summaries); chrf: pieces of words (any text).",
    )
    metrics: list[Literal[METRICS]] = Field(  # type: ignore[valid-type]
        default_factory=list, description="More metrics beside it; empty: all of them."
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
            if name not in (*METRICS, "perplexity"):
                raise ValueError(f"{name} is not measured; choose from {', '.join((*METRICS, 'perplexity'))}")
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
