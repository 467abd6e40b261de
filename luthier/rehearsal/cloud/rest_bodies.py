"""Bodies that REST v2 accepts, to the letter of its openapi.json of August 2026: an unknown field is refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from luthier.rehearsal.cloud import refusal
from luthier.rehearsal.cloud.pod import Order


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Gpu(Body):
    id: str
    count: int = Field(1, ge=1, le=8)
    allowedCudaVersions: list[str] | None = None
    minCudaVersion: str | None = None


class Cpu(Body):
    id: str
    vcpuCount: int


class Network(Body):
    volumeId: str
    path: str = "/workspace"


class Persistent(Body):
    size: int = Field(ge=10)
    path: str = "/workspace"


class Mounts(Body):
    network: Annotated[list[Network], Field(max_length=1)] | None = None
    persistent: Persistent | None = None


class CreatePod(Body):
    name: str
    image: str | None = None
    templateId: str | None = None
    gpu: Gpu | None = None
    cpu: Cpu | None = None
    cloud: Literal["SECURE", "COMMUNITY"] = "SECURE"
    dataCenterIds: list[str] | None = None
    disk: int = Field(20, ge=1)
    mounts: Mounts | None = None
    ports: list[str] | None = None
    env: Annotated[dict[str, str], Field(max_length=50)] | None = None
    args: str | None = None
    registry: str | None = None
    startSsh: bool | None = None
    startJupyter: bool | None = None
    globalNetworking: bool | None = None

    def order(self) -> Order:
        """Raises Refusal (400) for what is well formed and still not possible."""
        if self.gpu is None or self.cpu is not None:
            raise refusal.broken_rule("exactly one of gpu and cpu is needed; the simulated cloud has no cpu pods")
        if self.image is None:
            raise refusal.broken_rule("image is needed; the simulated cloud has no templates")
        network = self.mounts.network[0] if self.mounts and self.mounts.network else None
        persistent = self.mounts.persistent if self.mounts else None
        if network and persistent:
            raise refusal.broken_rule("mounts.network and mounts.persistent exclude each other")
        mount = network or persistent
        return Order(
            name=self.name,
            image=self.image,
            gpu=self.gpu.id,
            count=self.gpu.count,
            cloud=self.cloud,
            env=self.env or {},
            args=self.args or "",
            disk_gb=self.disk,
            volume_gb=persistent.size if persistent else 0,
            volume_id=network.volumeId if network else None,
            mount=mount.path if mount else "/workspace",
            ports=tuple(self.ports or ()),
        )


class Action(Body):
    action: Literal["start", "stop", "restart", "terminate"]


def faults(error: ValidationError) -> list[str]:
    """`$.gpu: additional properties 'x' not allowed`, one for each fault."""
    return [_fault(found) for found in error.errors(include_input=False, include_url=False)]


def _fault(found: Any) -> str:
    *parents, last = [str(part) for part in found["loc"]] or ["$"]
    if found["type"] == "extra_forbidden":
        return f"{'.'.join(['$', *parents])}: additional properties '{last}' not allowed"
    if found["type"] == "missing":
        return f"{'.'.join(['$', *parents])}: missing property '{last}'"
    return f"{'.'.join(['$', *parents, last])}: {found['msg']}"
