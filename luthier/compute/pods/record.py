"""What a run knows of the pods that it rented: `pods/<k>.json` in its folder, written before each is asked for."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from luthier.compute.pods.port import Pod, Purchase, Quote
from luthier.run_folder import RunFolder
from luthier.storage import read_json, write_json


class PodRecord(BaseModel):
    """One pod. Times are seconds since 1970.

    end_after: when the provider is to end it, and it itself. id: None until the provider has told it. created_at: when
    it began to cost money, as far as is known. end_cause without ended_at: it is to be ended, and that is not verified
    yet. evicted: the provider took it back.
    """

    number: int
    name: str
    purchase: Purchase
    gpu: str
    cloud: str
    max_usd_per_hour: float
    reason: str
    quote: dict[str, Any]
    asked_at: float
    end_after: datetime
    id: str | None = None
    usd_per_hour: float | None = None
    created_at: float | None = None
    ended_at: float | None = None
    end_cause: str | None = None
    evicted: bool = False

    @property
    def too_dear(self) -> str:
        """What to say where it costs more than was allowed; else empty."""
        if self.usd_per_hour is None or self.usd_per_hour <= self.max_usd_per_hour:
            return ""
        return f"it costs ${self.usd_per_hour:.2f} an hour, more than ${self.max_usd_per_hour:.2f}"


class Records:
    """The pod records of one run, oldest first."""

    def __init__(self, run: RunFolder):
        self.folder = run.pods

    def all(self) -> list[PodRecord]:
        records = [PodRecord.model_validate(read_json(path)) for path in self.folder.glob("[0-9]*.json")]
        return sorted(records, key=lambda record: record.number)

    def named(self, name: str) -> PodRecord:
        return next(record for record in self.all() if record.name == name)

    def open(self) -> list[PodRecord]:
        """Those whose end is not verified."""
        return [record for record in self.all() if record.ended_at is None]

    def next_number(self) -> int:
        return max((record.number for record in self.all()), default=0) + 1

    def write(self, record: PodRecord) -> PodRecord:
        write_json(self.folder / f"{record.number}.json", record.model_dump(mode="json"))
        return record

    def change(self, record: PodRecord, **fields: Any) -> PodRecord:
        return self.write(record.model_copy(update=fields))

    def found(self, record: PodRecord, pod: Pod) -> PodRecord:
        """The provider has it: note its id and its price."""
        price = pod.usd_per_hour if record.usd_per_hour is None else record.usd_per_hour
        created_at = record.created_at or record.asked_at
        return self.change(record, id=pod.id, usd_per_hour=price, created_at=created_at)

    def forget(self, record: PodRecord) -> None:
        """Of a pod that the provider refused: it never was."""
        (self.folder / f"{record.number}.json").unlink()


def cost_usd(records: Iterable[PodRecord], now: float) -> float:
    """What these pods have cost until `now`, in dollars: by the second, from creation to end.

    An upper estimate: a pod that was taken away counts until that was noticed, one whose price was never told at the
    highest that was allowed.
    """
    return sum(_cost(record, now) for record in records)


def _cost(record: PodRecord, now: float) -> float:
    if record.created_at is None:
        return 0.0
    until = now if record.ended_at is None else min(record.ended_at, now)
    price = record.max_usd_per_hour if record.usd_per_hour is None else record.usd_per_hour
    return price * max(until - record.created_at, 0.0) / 3600


def as_told(quote: Quote) -> dict[str, Any]:
    """A quote as it is kept with the run."""
    return asdict(quote)
