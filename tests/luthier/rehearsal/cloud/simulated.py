"""What the tests of the simulated cloud share."""

import sys
import time
from collections.abc import Callable
from typing import Any

from luthier.rehearsal.cloud import Cloud, Image

GPU = "NVIDIA L40S"
WAITING = """
import os, pathlib, signal, sys, time
def leave(*_):
    pathlib.Path("flushed").write_text("yes")
    print("asked to stop", flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, leave)
pathlib.Path("starts").open("a").write("x")
print("up", flush=True)
time.sleep(600)
"""


def image(script: str) -> Image:
    return Image((sys.executable, "-c", script))


def said(cloud: Cloud, pod_id: str, source: str = "container") -> list[str]:
    return [line.text for line in cloud.pod(pod_id).logs.after(0) if line.source == source]


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """What the condition gives, once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found
