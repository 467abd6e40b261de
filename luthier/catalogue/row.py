"""What lists, filters and statistics know of a run."""

from datetime import datetime

from pydantic import BaseModel, Field

CHECKED = ("not started", "check failed", "checked")
STATUSES = ("running", "waiting", "completed", "failed", "cancelled", "crashed", "unreadable", *CHECKED)
"""How a run can stand; the last three of what `luthier check` made and nobody has started. One of an earlier version,
without a status.json, that stands still in the middle is "after <stage>"."""

VERDICTS = ("improved", "not_shown", "worse")


class Row(BaseModel):
    """One run. Empty where it is not known (yet)."""

    run_id: str
    name: str
    status: str
    why: str = Field("", description="Why it stands as it does, where that needs a word.")
    started: bool = Field(description="Whether somebody started it; luthier check makes a folder too.")
    sample: bool = Field(False, description="Of luthier run --sample: shows that the chain works, says nothing more.")
    project: str = ""
    creator: str = ""
    how: str = Field("", description="How it was started last: terminal, prefect or schedule.")
    created: datetime
    changed: datetime
    finished: datetime | None = None
    verdict: str | None = None
    metric: str = Field("", description="The primary metric, of which `change` speaks.")
    change: float | None = Field(None, description="Tuned - base, with its 95 % interval.")
    change_low: float | None = None
    change_high: float | None = None
    perplexity_change: float | None = Field(None, description="Relative: -0.3 is 30 % lower.")
    usd: float | None = Field(None, description="Dollars for rented machines, so far.")
    usd_estimated: float | None = None
    seconds: float | None = Field(None, description="Of work, pauses left out.")
    preset: str = ""
    method: str = ""
    base: str = ""
    recipe: str = ""
    rows: int | None = Field(None, description="Accepted rows of data.")
    interruptions: int = 0
    cause: str = Field("", description="Cause of its failure.")
    note: str = ""
