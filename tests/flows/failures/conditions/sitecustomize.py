"""Conditions that a test puts a real worker process into; Python runs this file when it starts.

LUTHIER_TEST_CONDITION: `<kind of worker>:<condition>`.
"""

import json
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    kind, _, condition = os.environ.get("LUTHIER_TEST_CONDITION", "").partition(":")
    if not condition or "luthier.worker" not in sys.orig_argv:
        return
    job = json.loads(Path(sys.orig_argv[-1]).read_bytes())
    if job["kind"] == kind:
        globals()[condition](job)


def at_a_step(happens) -> None:
    """Call `happens` before each backward pass."""
    import torch

    plain = torch.autograd.backward

    def backward(*given, **named):
        happens()
        return plain(*given, **named)

    torch.autograd.backward = backward


def gpu_out_of_memory(_job) -> None:
    """Imitated: what torch raises where a GPU is full."""
    at_a_step(_raise_out_of_memory)


def gpu_out_of_memory_on_resume(job) -> None:
    if job["resume_from"]:
        at_a_step(_raise_out_of_memory)


def gpu_out_of_memory_while_asked(_job) -> None:
    import torch

    torch.nn.functional.linear = lambda *_given, **_named: _raise_out_of_memory()
    torch.nn.Linear.forward = lambda *_given, **_named: _raise_out_of_memory()


def _raise_out_of_memory() -> None:
    import torch

    raise torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.68 GiB of which 1.12 GiB is "
        "free. Including non-PyTorch memory, this process has 22.55 GiB memory in use."
    )


def no_kernel_for_this_gpu(_job) -> None:
    """Imitated: what torch raises for a GPU that it was not built for."""

    def fail() -> None:
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    at_a_step(fail)


def no_more_memory(_job) -> None:
    """Real: from the first step on the system gives this process no more of it."""
    import resource

    import torch

    def limit() -> None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used, resource.RLIM_INFINITY))
        torch.empty(64 << 20)  # as a step of a larger model would ask for

    at_a_step(limit)


def room_for(job) -> None:
    """Real: once a checkpoint stands, the system has no more memory than LUTHIER_TEST_ROOM tokens at once would take,
    had the model 4 MiB of activations for each.
    """
    import resource

    import torch

    of_token, most = 4 << 20, int(os.environ["LUTHIER_TEST_ROOM"])

    def take(tokens: int) -> None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + most * of_token, before[1]))
        try:
            torch.empty(tokens * of_token, dtype=torch.uint8)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)

    _with_activations(job, take)


def container_for(job) -> None:
    """Real: the same with a memory cgroup, whose limit makes the kernel end the process; 1 MiB for each token."""
    group = Path(os.environ["LUTHIER_TEST_CGROUP"]) / "cgroup.procs"

    def take(tokens: int) -> None:
        group.write_text(str(os.getpid()))  # what the process has by now is not counted there
        bytearray(b"1") * (tokens << 20)

    _with_activations(job, take)


def _with_activations(job, take) -> None:
    """Call `take` with the tokens of each piece that is learned from, once a checkpoint stands."""
    import torch

    plain = torch.nn.functional.embedding

    def embedding(ids, *given, **named):
        if torch.is_grad_enabled() and any(Path(job["run"]).glob("checkpoints/step-*")):
            take(ids.numel())
        return plain(ids, *given, **named)

    torch.nn.functional.embedding = embedding


def small_container(_job) -> None:
    """Real: in a memory cgroup that is too small even for the imports."""
    (Path(os.environ["LUTHIER_TEST_CGROUP"]) / "cgroup.procs").write_text(str(os.getpid()))


def crash(_job) -> None:
    """Real: as a fault in a library ends a process."""
    at_a_step(lambda: os.kill(os.getpid(), signal.SIGSEGV))


main()
