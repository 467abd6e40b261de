"""Keeping the user's own settings out of a rehearsal, and the rehearsal out of the user's services."""

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path

THEIRS = ("LUTHIER_", "RUNPOD_", "PREFECT_", "MLFLOW_", "AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
"""How the variables begin that lead to real accounts, servers, storage and runs."""

OFFLINE = {"HF_HUB_OFFLINE": "1"}


@contextmanager
def isolated(folder: Path, variables: Mapping[str, str] | None = None) -> Iterator[None]:
    """Within the block this process, and what it starts, knows of those variables only the given ones.

    It works in `folder`, so that luthier.toml, prefect.toml and .env of the user's folder are not found either.
    """
    before = dict(os.environ)
    kept = {name: value for name, value in before.items() if not name.upper().startswith(THEIRS)}
    try:
        _set({**kept, **OFFLINE, **(variables or {})})
        with chdir(folder):
            yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)
