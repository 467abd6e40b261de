"""What torch's optimizer needs to go on where another engine stopped, and to be gone on from by another."""

from pathlib import Path
from typing import Any

import torch

from luthier.training.moments import MOMENTS, read_moments


def file_names(model: torch.nn.Module) -> dict[int, str]:
    """The name that each parameter, by its id, has in files: PEFT leaves the adapter's own name out."""
    return {id(parameter): name.replace(".default.", ".") for name, parameter in model.named_parameters()}


def name_parameters(optimizer: torch.optim.Optimizer, model: torch.nn.Module) -> None:
    """Let the optimizer's saved state say which averages are whose; torch passes names on as it finds them."""
    names = file_names(model)
    for group in optimizer.param_groups:
        group["param_names"] = [names[id(parameter)] for parameter in group["params"]]


def carry_on(optimizer: Any, scheduler: Any, model: torch.nn.Module, checkpoint: Path, step: int) -> None:
    """Optimizer and schedule as they were after `step`, of a checkpoint that another engine wrote."""
    moments, names = read_moments(checkpoint), file_names(model)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            averages = {kind: _like(moments[kind][names[id(parameter)]], parameter) for kind in MOMENTS}
            optimizer.state[parameter] = {"step": torch.tensor(float(step), device=parameter.device), **averages}
    rates = [base * share(step) for base, share in zip(scheduler.base_lrs, scheduler.lr_lambdas, strict=True)]
    scheduler.load_state_dict(scheduler.state_dict() | {"last_epoch": step, "_step_count": step + 1, "_last_lr": rates})
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


def _like(values: Any, parameter: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(values).to(parameter.device).reshape(parameter.shape)
