"""What a container begins with: its command and its environment, nothing of ours in it."""

import re
import shlex
from pathlib import Path

from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.cloud.image import Image, base_environment
from luthier.rehearsal.cloud.pod import Pod

SECRET = re.compile(r"\{\{\s*RUNPOD_SECRET_(\w+)\s*\}\}")


def command(pod: Pod, image: Image) -> list[str]:
    return shlex.split(pod.order.args) or list(image.command)


def environment(pod: Pod, image: Image, account: Account, volume: Path | None, url: str) -> dict[str, str]:
    """The image's variables, the order's, then RunPod's own, which shadow the others.

    `/workspace` cannot be mounted here: with a volume, LUTHIER_VOLUME names the folder that stands for it, and a
    value that is the mount path, or lies below it, is changed to that folder. RUNPOD_API_BASE_URL stands for what
    name resolution does in a real pod.
    """
    given = {**image.env, **pod.order.env}
    resolved = {name: _with_secrets(value, account) for name, value in given.items()}
    if volume:
        resolved = {name: _on_volume(value, pod.order.mount, volume) for name, value in resolved.items()}
        resolved = {"LUTHIER_VOLUME": str(volume)} | resolved
    return base_environment(pod.disk) | resolved | _injected(pod, account, url)


def _with_secrets(value: str, account: Account) -> str:
    """An unknown secret stays as it was written; what RunPod does then is not known."""
    return SECRET.sub(lambda found: account.secrets.get(found[1], found[0]), value)


def _on_volume(value: str, mount: str, volume: Path) -> str:
    inside = value == mount or value.startswith(mount.rstrip("/") + "/")
    return str(volume) + value[len(mount.rstrip("/")) :] if inside else value


def _injected(pod: Pod, account: Account, url: str) -> dict[str, str]:
    """RunPod's own variables, those of its list that make sense here."""
    known = account.volume(pod.order.volume_id or "")
    return {
        "RUNPOD_POD_ID": pod.id,
        "RUNPOD_API_KEY": pod.key,
        "RUNPOD_API_BASE_URL": url,
        "RUNPOD_POD_HOSTNAME": f"{pod.id}-sim",
        "RUNPOD_DC_ID": known.data_center if known else "EU-SIM-1",
        "RUNPOD_GPU_COUNT": str(pod.order.count),
        "RUNPOD_CPU_COUNT": "8",
    } | ({"RUNPOD_VOLUME_ID": pod.order.volume_id} if pod.order.volume_id else {})
