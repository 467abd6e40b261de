"""Whether a run fits, and the least harmful single change that makes it fit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from luthier.estimate.gpus import GPUS
from luthier.estimate.memory.need import Need, need
from luthier.estimate.memory.of_spec import row_tokens, setup_of
from luthier.estimate.memory.setup import BackendName
from luthier.estimate.work import Work
from luthier.spec import RunSpec

SHORTEST = 128
"""Tokens of a row below which cutting it is no help any more."""


@dataclass(frozen=True)
class Place:
    """name: as people know it. room: bytes that are free there, on each GPU of it."""

    name: str
    backend: BackendName
    room: float


@dataclass(frozen=True)
class Change:
    """A key of the spec and its other value, and the GB that the run needs then."""

    key: str
    value: Any
    needed_gb: float


@dataclass(frozen=True)
class Fit:
    """change: None where it fits, or where no single change helps."""

    place: Place
    need: Need
    change: Change | None = None

    @property
    def fits(self) -> bool:
        return self.need.bytes <= self.place.room


def fit(spec: RunSpec, work: Work, place: Place) -> Fit:
    """`spec` is resolved but for what the worker chooses itself, which it does so that it fits."""
    found = Fit(place, _need(spec, work, place))
    return found if found.fits else replace(found, change=next(_helping(spec, work, place), None))


def _need(spec: RunSpec, work: Work, place: Place) -> Need:
    return need(work.base, setup_of(spec, work, place.backend, place.room))


def _helping(spec: RunSpec, work: Work, place: Place) -> Iterator[Change]:
    """The changes after which it fits, that with the least harm first."""
    for key, value in _changes(spec, work):
        training = spec.training.model_copy(update={key: value})
        other = spec.model_copy(update={"training": training})
        needed = _need(other, _other_work(work, key, value), place)
        if needed.bytes <= place.room:
            yield Change(f"training.{key}", value, needed.gb)
    yield from _larger_gpu(spec, work, place)


def _changes(spec: RunSpec, work: Work) -> Iterator[tuple[str, Any]]:
    """None of the first two changes what is learned; each of the others does, and more so."""
    training = spec.training
    if (training.micro_batch_tokens or 0) > (row := row_tokens(spec, work)):
        yield "micro_batch_tokens", row
    if training.gradient_checkpointing is False:
        yield "gradient_checkpointing", True
    if work.element_bytes == 4:
        yield "dtype", "bfloat16"
    if training.method == "full":
        yield "method", "lora"
    if training.method != "qlora":
        yield "method", "qlora"
    length = work.longest // 2
    while length >= SHORTEST:
        yield "max_length", length
        length //= 2


def _other_work(work: Work, key: str, value: Any) -> Work:
    if key == "dtype":
        return replace(work, element_bytes=2)
    if key == "max_length":
        return replace(work, longest=value)
    return work


def _larger_gpu(spec: RunSpec, work: Work, place: Place) -> Iterator[Change]:
    """The smallest rented GPU that has room for it as it is."""
    for name, gpu in sorted(GPUS.items(), key=lambda each: each[1].memory_gb):
        there = Place(name, "cuda", gpu.memory_gb * 1e9)
        needed = _need(spec, work, there)
        if needed.bytes <= there.room:
            yield Change("compute.gpu", name, needed.gb)
