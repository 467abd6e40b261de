"""The setup that a spec comes to on a machine, as the worker itself would choose what is left open."""

from dataclasses import replace
from math import ceil

from luthier.estimate.memory.need import need
from luthier.estimate.memory.setup import BackendName, Batch, Setup
from luthier.estimate.pace import ANSWERED_AT_ONCE
from luthier.estimate.work import Asking, Work
from luthier.spec import RunSpec
from luthier.training.presets import PRESETS

BUSY: dict[BackendName, int] = {"cpu": 1024, "cuda": 8192, "mlx": 1024}
"""Tokens that keep a machine busy (training/hardware.py)."""

HALVED = 8
"""Times that a micro-batch is halved to see whether it fits."""


def setup_of(spec: RunSpec, work: Work, backend: BackendName, room: float) -> Setup:
    """`spec` is resolved. room: bytes. Where the spec leaves it open, a micro-batch has as many tokens as fit, one row
    at least, and there is checkpointing where a row would not fit without it.
    """
    setup = least(spec, work, backend)
    for halved in range(HALVED):
        more = _with_tokens(spec, work, backend, BUSY[backend] >> halved)
        if _fits(work, more, room):
            return more
    open_, fits = spec.training.gradient_checkpointing is None, _fits(work, setup, room)
    return setup if fits or not open_ else replace(setup, checkpointing=True)


def least(spec: RunSpec, work: Work, backend: BackendName) -> Setup:
    """With a micro-batch of one row where the spec leaves it open, and checkpointing only where it asks for it."""
    return _with_tokens(spec, work, backend, 1)


def row_tokens(spec: RunSpec, work: Work) -> int:
    """The least that goes through the model at once: the longest row, of a pair both answers."""
    return work.longest * (2 if spec.training.loss == "dpo" else 1)


def _fits(work: Work, setup: Setup, room: float) -> bool:
    return need(work.base, setup).bytes <= room


def _with_tokens(spec: RunSpec, work: Work, backend: BackendName, tokens: int) -> Setup:
    """tokens: of a micro-batch, where the spec does not say."""
    training, compute = spec.training, spec.compute
    packing = training.packing is not False or backend == "mlx"  # which puts rows side by side, padded
    at_once = row = row_tokens(spec, work)
    if packing:
        of_step = min(training.batch_size or 1, work.rows) * row
        at_once = min(max(training.micro_batch_tokens or tokens, row), of_step)
    return Setup(
        method=training.method,
        element=work.element_bytes,
        rank=training.rank or PRESETS[training.preset].rank,
        dropout=bool(training.dropout),
        tokens=at_once,
        longest=work.longest,
        learned=ceil(at_once * work.learned),
        packing=packing,
        checkpointing=training.gradient_checkpointing or False,
        backend=backend,
        processes=(compute.processes or 1) if compute.sharding == "full" else 1,
        answering=tuple(_batch(asking) for asking in (*work.baseline, *work.evaluation) if asking.answers),
    )


def _batch(asking: Asking) -> Batch:
    place = asking.shared + asking.prompt + asking.most_new
    rows = min(asking.answers, max(1, int(ANSWERED_AT_ONCE // place)))
    return Batch(rows, asking.prompt, asking.most_new, asking.shared)
