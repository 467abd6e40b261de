"""Each process's own random numbers, so that no two of them drop the same."""

from pathlib import Path

import torch

from luthier.training import processes

FILE = "generators.pth"
"""States of all processes' generators by rank, in checkpoints of several processes."""


def begin(seed: int) -> None:
    """From here on the processes draw different numbers; the one that leads as if it were alone."""
    if not processes.leads():
        torch.manual_seed(seed + processes.rank())


def states() -> list[torch.Tensor]:
    """Of all processes, by rank; for all of them."""
    return processes.gathered(torch.cuda.get_rng_state() if torch.cuda.is_available() else torch.get_rng_state())


def go_on(checkpoint: Path, seed: int, step: int) -> None:
    """Draw what would have come after the checkpoint; of a process that was not there then, numbers of its own."""
    if processes.leads():
        return
    known = torch.load(checkpoint / FILE, weights_only=True) if (checkpoint / FILE).exists() else []
    if processes.rank() >= len(known):
        torch.manual_seed(seed + (step << 32) + processes.rank())
    elif torch.cuda.is_available():
        torch.cuda.set_rng_state(known[processes.rank()])
    else:
        torch.set_rng_state(known[processes.rank()])
