"""RunPod's own Python package, without what importing it does to this process."""

import logging
from typing import Any


def sdk() -> Any:
    """`runpod`. For its serverless workers it sets the root logger to INFO, on stderr: every library would be heard."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    import runpod

    root.handlers[:] = handlers
    root.setLevel(level)
    return runpod
