"""How the learning rate climbs and falls, as transformers' schedules do."""

import math

from luthier.training.plan import Plan


def learning_rate(plan: Plan, step: int, steps: int) -> float:
    """Of the optimizer step after `step` steps were taken, of `steps` in all."""
    return plan.learning_rate * _share(plan, step, steps)


def warmup_steps(plan: Plan, steps: int) -> int:
    return math.ceil(plan.warmup_ratio * steps)


def _share(plan: Plan, step: int, steps: int) -> float:
    warmup = warmup_steps(plan, steps)
    if step < warmup:
        return step / max(1, warmup)
    if plan.schedule == "constant":
        return 1.0
    done = (step - warmup) / max(1, steps - warmup)
    return max(0.0, 1.0 - done) if plan.schedule == "linear" else max(0.0, 0.5 * (1.0 + math.cos(math.pi * done)))
