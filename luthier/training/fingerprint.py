"""What must be equal for a checkpoint to be the middle of this very training."""

from pathlib import Path
from typing import Any

from luthier.models.base import base_sha256
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.stages import STAGES
from luthier.storage import sha256_file

WITHOUT_INFLUENCE = {"preset", "engine", "keep_checkpoints", "samples"}
"""Keys of `training` that change no weight: a preset has become values by now."""


def fingerprint(spec: RunSpec, run: RunFolder, base: Path) -> dict[str, Any]:
    """Base, data, seed and every training value that decides the weights."""
    return {
        "version": STAGES["train"].version,
        "base": base_sha256(base, run.base),
        "train": sha256_file(run.split("train")),
        "validation": sha256_file(run.split("validation")),
        "seed": spec.seed,
        "threads": spec.compute.threads,
        **spec.training.model_dump(mode="json", exclude=WITHOUT_INFLUENCE),
    }
