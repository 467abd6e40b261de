"""Who may do what, what the account has, and what it pays for."""

from dataclasses import dataclass, field
from typing import Literal

from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.refusal import forbidden, unauthorised

Wire = Literal["graphql", "rest"]
Rights = Literal["all", "graphql", "rest", "none"]
FOR_PODS = ("get", "stop", "terminate")
"""What a pod's own key may ask for, of its own pod."""


@dataclass(frozen=True)
class Volume:
    """A network volume; pods that attach it share one folder."""

    id: str
    name: str = "models"
    size_gb: int = 100
    data_center: str = "EU-SIM-1"


@dataclass(frozen=True)
class Caller:
    """pod_id: whose pod-scoped key was shown; None for the account's own."""

    wire: Wire
    pod_id: str | None = None


@dataclass
class Account:
    """secrets: what `{{ RUNPOD_SECRET_name }}` stands for. pod_rights: where a pod's own key works; reports of the
    real ones' rights conflict.
    """

    key: str = field(default="rpa_simulated", repr=False)
    balance: float = 100
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    volumes: tuple[Volume, ...] = ()
    pod_rights: Rights = "all"

    def volume(self, volume_id: str) -> Volume | None:
        return next((volume for volume in self.volumes if volume.id == volume_id), None)

    def caller(self, token: str, wire: Wire, pods: list[Pod]) -> Caller:
        """Who shows this token. Raises Refusal (401) for an unknown one."""
        if token == self.key:
            return Caller(wire)
        for pod in pods:
            if token and token == pod.key and not pod.gone:
                return Caller(wire, pod.id)
        raise unauthorised()

    def permit(self, caller: Caller, operation: str, pod_id: str | None = None) -> None:
        """Raises Refusal (403) when this caller may not do this."""
        if caller.pod_id is None:
            return
        wire_open = self.pod_rights in ("all", caller.wire)
        if not wire_open or operation not in FOR_PODS or pod_id != caller.pod_id:
            raise forbidden()
