"""Weights, gradients and optimizer states spread over the processes, and made whole again (torch's FSDP2)."""

from collections.abc import Iterable
from typing import Any

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from luthier.training import processes
from luthier.training.holding import Work
from luthier.training.packing import causal


class Spread(torch.nn.Module):
    """All processes hold one model: a layer is whole only while it computes, and all compute it at the same time.

    What lies outside the layers (embeddings, norm, head) is whole for as long as the work goes on. The gradients of
    each micro-batch are added up as soon as they are there.
    """

    def __init__(self, model: torch.nn.Module, device: torch.device):
        super().__init__()
        self.model, self.averages = model, processes.count()
        mesh = init_device_mesh(device.type, (processes.count(),))
        for layer in _layers(model):
            fully_shard(layer, mesh=mesh)
        fully_shard(self, mesh=mesh, reshard_after_forward=True)

    def forward(self, work: Work) -> Any:
        return work(self.model)

    def run(self, work: Work) -> Any:
        return self(work)

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        pass

    def rounds(self, pieces: int) -> int:
        return processes.most(pieces)

    def weights(self) -> dict[str, torch.Tensor]:
        """What is tied stays one tensor."""
        parameters = dict(self.model.named_parameters(remove_duplicate=False))
        trained = {name: each for name, each in parameters.items() if each.requires_grad}
        made = {id(each): _whole(each.detach()) for each in dict.fromkeys(trained.values())}
        return {name: made[id(each)] for name, each in trained.items()}

    def states(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        found = optimizer.state_dict()
        of_each = {
            number: {name: _whole(value) for name, value in state.items()} for number, state in found["state"].items()
        }
        return found | {"state": of_each}


def spread_states(optimizer: torch.optim.Optimizer, states: dict[str, Any]) -> dict[str, Any]:
    """An optimizer's state_dict of whole tensors, spread as its parameters are."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    of_each = {
        number: {name: _like(value, parameters[number]) for name, value in state.items()}
        for number, state in states["state"].items()
    }
    return states | {"state": of_each}


def _whole(value: Any) -> Any:
    """On the CPU, and only for the process that leads: the others have no use for it."""
    if not isinstance(value, DTensor):
        return value
    full = value.full_tensor()
    return full.cpu() if processes.leads() else None


def _like(value: Any, parameter: torch.Tensor) -> Any:
    if not isinstance(parameter, DTensor) or value.shape != parameter.shape:
        return value
    return distribute_tensor(value.to(parameter.device), parameter.device_mesh, parameter.placements)


def _layers(model: torch.nn.Module) -> list[torch.nn.Module]:
    """What transformers keeps in one piece, too, where it places a model on several devices."""
    kinds = set(causal(model)._no_split_modules or ())
    return [module for module in model.modules() if type(module).__name__ in kinds]
