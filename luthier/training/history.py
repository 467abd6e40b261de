"""What the trainer's log says. Derived from the log each time, so a resumed training knows the same."""

import hashlib
import math
from typing import Any

Log = list[dict[str, Any]]


def looks(log: Log) -> list[tuple[int, float]]:
    """(step, validation loss) of every look."""
    return [(entry["step"], entry["eval_loss"]) for entry in log if "eval_loss" in entry]


def best_look(log: Log) -> tuple[int, float] | None:
    """The look with the lowest validation loss, the earliest of equals."""
    return min(looks(log), key=lambda look: look[1], default=None)


def exhausted(log: Log, patience: int | None) -> bool:
    """Whether the last `patience` looks brought nothing better."""
    losses = [loss for _, loss in looks(log)]
    return bool(patience and losses) and len(losses) - 1 - losses.index(min(losses)) >= (patience or 0)


def last_train_loss(log: Log) -> float | None:
    return next((entry["loss"] for entry in reversed(log) if "loss" in entry), None)


def chain(previous: str, ids: list[str]) -> str:
    """Hash of all samples seen so far, in their order: sha256 of the hash before and the new ids."""
    return hashlib.sha256("\n".join([previous, *ids]).encode()).hexdigest()


def samples_seen(log: Log) -> str:
    """The chain's last value; empty before the first step."""
    return next((entry["samples"] for entry in reversed(log) if "samples" in entry), "")


def perplexity(nll: float, tokens: float) -> float:
    """exp of the mean, kept within what a float can hold."""
    return math.exp(min(nll / tokens, 700))
