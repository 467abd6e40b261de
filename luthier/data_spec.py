"""The data section of the run spec."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from luthier.spec_form import Section


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
