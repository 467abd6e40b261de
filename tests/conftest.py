"""What every test needs: one thread, no hub, and a tiny model."""

import os
from pathlib import Path

os.environ |= {
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "DO_NOT_TRACK": "1",
}

import pytest  # noqa: E402
import tiny_model as tiny  # noqa: E402
from postgres import postgres  # noqa: E402, F401
from s3_server import bucket, s3_service  # noqa: E402, F401


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """Folder of a random two-layer Llama with a ChatML template and a context of 512 tokens."""
    return tiny.build(tmp_path_factory.mktemp("models") / "tiny")
