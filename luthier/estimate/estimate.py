"""The estimate: work × machine × prices → seconds and dollars, line by line."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from luthier.compute.pods.port import Purchase
from luthier.estimate import pace
from luthier.estimate.interruptions import interrupted_s
from luthier.estimate.machine import Machine
from luthier.estimate.ranges import Range, total
from luthier.estimate.work import Work

Policy = Literal["spot", "on_demand", "spot_then_on_demand"]

DISK_USD_PER_GB_HOUR = 0.10 / 730
"""RunPod's container disk, $0.10 per GB and month while the pod runs (its pricing page, 2026)."""

DOWNLOAD_BYTES_PER_S = Range(3e7, 1e8, 4e8)
"""Base model to a new machine: assumed."""

BOOT_S = (60.0, 240.0)
"""Image and container, at least and likely: assumed. At most what settings.pod_ready_minutes allows."""


@dataclass(frozen=True)
class Terms:
    """What a rented machine is rented on. download: whether each new machine fetches the base model."""

    policy: Policy = "on_demand"
    ready_s: float = 1200
    save_s: float | None = None
    disk_gb: int = 0
    download: bool = True
    deadline: datetime | None = None


@dataclass(frozen=True)
class Line:
    name: str
    seconds: Range


@dataclass(frozen=True)
class Option:
    """One way to get the work done. usd_per_hour and usd are None where the price is not known."""

    usd_per_hour: Range | None
    lines: tuple[Line, ...]
    seconds: Range = field(init=False)
    usd: Range | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", total(line.seconds for line in self.lines))
        price = self.usd_per_hour
        object.__setattr__(self, "usd", price and self.seconds * price * (1 / 3600))


@dataclass(frozen=True)
class Estimate:
    """options: spot and on_demand, as far as they are offered, or local. basis: where each speed comes from."""

    machine: str
    rented: bool
    basis: dict[str, str]
    work: Work
    terms: Terms
    options: dict[str, Option]

    @property
    def seconds(self) -> Range:
        return _widest([option.seconds for option in self._planned()])

    @property
    def usd(self) -> Range | None:
        """What the purchase policy of the spec may come to; None where a price is not known."""
        known = [option.usd for option in self._planned() if option.usd]
        return _widest(known) if known else None

    def _planned(self) -> list[Option]:
        """Both, where the policy may end with either."""
        if self.terms.policy in self.options:
            return [self.options[self.terms.policy]]
        return list(self.options.values())

    def as_json(self) -> dict[str, Any]:
        told = asdict(self) | {"seconds": asdict(self.seconds), "usd": self.usd and asdict(self.usd)}
        told["work"].pop("samples")
        return told


def estimate(work: Work, machine: Machine, prices: Mapping[Purchase, Range | None], terms: Terms) -> Estimate:
    """Pure. prices: dollars an hour of each purchase that is offered, None where the price is not known."""
    options: dict[str, Option] = {}
    stages = _stages(work, machine)
    if machine.rented:
        start, between = _start_s(work, terms), _between_saves(work, stages[1].seconds, terms)
        for purchase, price in prices.items():
            busy = total(line.seconds for line in stages) + start
            lost = interrupted_s(purchase, busy, between, start + machine.prior.start_s)
            lines = (Line("start-up", start), *stages, Line("interruptions", lost))
            disk = Range.exactly(terms.disk_gb * DISK_USD_PER_GB_HOUR)
            options[purchase] = Option(price and price + disk, lines)
    else:
        options["local"] = Option(Range.exactly(0), tuple(stages))
    return Estimate(machine.name, machine.rented, _basis(machine), work, terms, options)


def _stages(work: Work, machine: Machine) -> list[Line]:
    """Baseline, training and evaluation, each in a process of its own."""
    start = machine.prior.start_s
    return [
        Line("baseline", start + pace.asking_s(work.baseline, work, machine)),
        Line("training", start + pace.training_s(work, machine) + pace.looks_s(work, machine)),
        Line("evaluation", start + pace.asking_s(work.evaluation, work, machine)),
    ]


def _start_s(work: Work, terms: Terms) -> Range:
    least, likely = (min(seconds, terms.ready_s) for seconds in BOOT_S)
    boot = Range(least, likely, terms.ready_s)
    if not terms.download:
        return boot
    return boot + Range.exactly(work.base.bytes).over(DOWNLOAD_BYTES_PER_S)


def _between_saves(work: Work, training: Range, terms: Terms) -> Range:
    by_steps = training * (work.save_every / max(work.steps, 1))
    return by_steps.at_most(Range.exactly(terms.save_s)) if terms.save_s else by_steps


def _basis(machine: Machine) -> dict[str, str]:
    named = machine.measured._asdict().items()
    return {part: speed.basis if speed else "assumed" for part, speed in named}


def _widest(ranges: list[Range]) -> Range:
    return Range(
        min(each.low for each in ranges), min(each.likely for each in ranges), max(each.high for each in ranges)
    )
