"""Processes that train together on one machine, one for each GPU; each takes its share of every optimizer step.

They meet through torch.distributed alone. To transformers' trainer each of them is by itself: the cutting of a step,
the sum of its gradients and the checkpoints are ours. One that trains alone is joined to nothing, and all of this costs
it nothing.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist

PATIENCE = timedelta(days=7)
"""Of one that waits for another, which may pause as long; that all of them live is watched by who started them."""

AT_ONCE = 32 * 2**20
"""Numbers of gradients that are copied side by side and added up in one go."""

Value = TypeVar("Value")
CPU = torch.device("cpu")


def join(rank: int, count: int, meeting: Path) -> None:
    """Be one of `count` processes, and wait for the others. meeting: a file that is not there yet, the same for all."""
    loopback = "lo" if sys.platform == "linux" else "lo0"
    for library in ("GLOO", "NCCL"):
        os.environ.setdefault(f"{library}_SOCKET_IFNAME", loopback)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    store = dist.FileStore(str(meeting), count)
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=PATIENCE)


def count() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """The process's number; 0 leads: it alone writes files and tells of the training."""
    return dist.get_rank() if dist.is_initialized() else 0


def leads() -> bool:
    return rank() == 0


def spread(sharding: str) -> bool:
    """Whether the model lies spread over several processes."""
    return sharding == "full" and count() > 1


def described(sharding: str) -> dict[str, Any]:
    """What the fingerprint of a checkpoint says of them."""
    return {"processes": count(), "sharding": sharding} if count() > 1 else {}


def wait() -> None:
    """Until all are here."""
    total([])


@contextmanager
def leader_first() -> Iterator[None]:
    """The others do the block once the leader has, and find the files that it wrote."""
    if not leads():
        wait()
    yield
    if leads():
        wait()


def by_leader(ask: Callable[[], Value]) -> Value:
    """What the leader, which alone is asked, gives to all."""
    box: list[Any] = [ask() if leads() else None]
    if count() > 1:
        dist.broadcast_object_list(box, src=0, device=CPU)
    return box[0]


def gathered(value: Value) -> list[Value]:
    """Every process's value, by rank; for all."""
    if count() == 1:
        return [value]
    values: list[Any] = [None] * count()
    dist.all_gather_object(values, value)
    return values


def total(numbers: Sequence[float]) -> list[float]:
    """Sums over all processes."""
    if count() == 1:
        return list(numbers)
    sums = torch.tensor(numbers, dtype=torch.float64)
    dist.all_reduce(sums)
    return sums.tolist()


def most(number: int) -> int:
    """The greatest over all processes."""
    return max(gathered(number))


def add(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor, which becomes the sum over all processes."""
    if count() > 1:
        dist.all_reduce(tensor)
    return tensor


def add_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Sum each parameter's gradient over all processes; one that has none, having had nothing to do, adds zeros.

    Every process gets the very same sums, bit for bit.
    """
    if count() == 1:
        return
    for some in _bundles(parameters):
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in some]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        for parameter, part in zip(some, flat.split([each.numel() for each in some]), strict=True):
            parameter.grad = part.view_as(parameter)


def shares(sizes: Sequence[int], among: int) -> list[list[int]]:
    """Numbers of pieces for each process, in their order: longest first, each to the one that has least to do."""
    taken: list[list[int]] = [[] for _ in range(among)]
    load = [0] * among
    for number in sorted(range(len(sizes)), key=lambda n: (-sizes[n], n)):
        least = load.index(min(load))
        taken[least].append(number)
        load[least] += sizes[number]
    return [sorted(numbers) for numbers in taken]


def rounds(pieces: Iterable[Value]) -> Iterator[list[Value]]:
    """The pieces in lists of as many as there are processes, the last perhaps shorter."""
    left = iter(pieces)
    while some := list(islice(left, count())):
        yield some


def _bundles(parameters: Iterable[torch.nn.Parameter]) -> Iterator[list[torch.nn.Parameter]]:
    """Of one dtype and about AT_ONCE numbers each."""
    some: list[torch.nn.Parameter] = []
    for parameter in parameters:
        if some and (sum(p.numel() for p in some) >= AT_ONCE or parameter.dtype != some[0].dtype):
            yield some
            some = []
        some.append(parameter)
    if some:
        yield some
