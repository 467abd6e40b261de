"""The estimate: work × machine × prices → seconds and dollars, line by line."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from luthier.estimate import pace
from luthier.estimate.interruptions import interrupted_s
from luthier.estimate.machine import Machine
from luthier.estimate.memory.fit import Fit
from luthier.estimate.prices import Price, Prices
from luthier.estimate.ranges import Range, total, widest
from luthier.estimate.work import Work

Policy = Literal["local", "spot", "on_demand", "spot_then_on_demand"]

DISK_USD_PER_GB_HOUR = 0.10 / 730
"""RunPod's container disk, $0.10 per GB and month while the pod runs (its pricing page, 2026)."""

DOWNLOAD_BYTES_PER_S = Range(3e7, 1e8, 4e8)
"""Base model to a new machine: assumed."""

BOOT_S = (60.0, 240.0)
"""Image and container, at least and likely: assumed. At most what settings.pod_ready_minutes allows."""


@dataclass(frozen=True)
class Terms:
    """How machines are rented. ready_s: the longest that one may take to come up. save_s: the longest between two
    checkpoints, if there is a limit. download: whether each new machine fetches the base model.
    """

    policy: Policy
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
    """One way to get the work done; its dollars are None where its price has none."""

    price: Price
    lines: tuple[Line, ...]
    seconds: Range = field(init=False)
    usd: Range | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", total(line.seconds for line in self.lines))
        object.__setattr__(self, "usd", self.cost(self.seconds))

    def cost(self, seconds: Range) -> Range | None:
        per_hour = self.price.usd_per_hour
        return seconds * per_hour * (1 / 3600) if per_hour else None


@dataclass(frozen=True)
class Estimate:
    """options: `spot` and `on_demand`, or `local`. basis: where each speed comes from. memory: None where that of the
    machine is not known.
    """

    machine: str
    rented: bool
    basis: dict[str, str]
    work: Work
    terms: Terms
    options: dict[str, Option]
    memory: Fit | None = None
    planned: tuple[str, ...] = field(init=False)
    """The options that the spec's purchase policy may come to."""
    seconds: Range = field(init=False)
    usd: Range | None = field(init=False)

    def __post_init__(self) -> None:
        policy = self.terms.policy
        affordable = tuple(name for name, option in self.options.items() if option.usd)
        planned = (policy,) if policy in self.options else affordable or tuple(self.options)
        costs = [usd for name in planned if (usd := self.options[name].usd)]
        object.__setattr__(self, "planned", planned)
        object.__setattr__(self, "seconds", widest(self.options[name].seconds for name in planned))
        object.__setattr__(self, "usd", widest(costs) if costs else None)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def estimate(work: Work, machine: Machine, prices: Prices, terms: Terms) -> Estimate:
    """Pure. `prices` are not asked for on this machine, which costs nothing."""
    stages = _stages(work, machine)
    options = {"local": Option(Price(Range.exactly(0)), stages)}
    if machine.rented:
        options = {}
        start, between = _start_s(work, terms), _between_saves(work, stages[1].seconds, terms)
        busy = total(line.seconds for line in stages) + start
        for purchase, price in prices.items():
            lost = interrupted_s(purchase, busy, between, start + machine.prior.start_s)
            lines = (Line("start-up", start), *stages, Line("interruptions", lost))
            options[purchase] = Option(_with_disk(price, terms.disk_gb), lines)
    basis = {part: speed.basis if speed else "assumed" for part, speed in machine.measured._asdict().items()}
    return Estimate(machine.name, machine.rented, basis, work, terms, options)


def _stages(work: Work, machine: Machine) -> tuple[Line, ...]:
    """Baseline, training and evaluation, each in a process of its own."""
    start = machine.prior.start_s
    return (
        Line("baseline", start + pace.asking_s(work.baseline, work, machine)),
        Line("training", start + pace.training_s(work, machine) + pace.looks_s(work, machine)),
        Line("evaluation", start + pace.asking_s(work.evaluation, work, machine)),
    )


def _start_s(work: Work, terms: Terms) -> Range:
    """Image pull and boot, and the base model's download."""
    least, likely = (min(seconds, terms.ready_s) for seconds in BOOT_S)
    boot = Range(least, likely, terms.ready_s)
    return boot + Range.exactly(work.base.bytes).over(DOWNLOAD_BYTES_PER_S) if terms.download else boot


def _between_saves(work: Work, training: Range, terms: Terms) -> Range:
    by_steps = training * (work.save_every / work.steps)
    return by_steps.at_most(Range.exactly(terms.save_s)) if terms.save_s else by_steps


def _with_disk(price: Price, disk_gb: int) -> Price:
    disk = Range.exactly(disk_gb * DISK_USD_PER_GB_HOUR)
    return replace(price, usd_per_hour=price.usd_per_hour + disk) if price.usd_per_hour else price
