from pathlib import Path

import pytest
from failed_run import CONDITIONS, Failed, ended


@pytest.fixture
def failing(home):
    """Run a spec to its failure; `condition`: see conditions/sitecustomize.py."""

    def run(spec: Path, *arguments: object, condition: str = "", **environment: str) -> Failed:
        home.environment |= {"PYTHONPATH": CONDITIONS, "LUTHIER_TEST_CONDITION": condition, **environment}
        done = home.luthier("run", spec, *arguments)
        home.environment["LUTHIER_TEST_CONDITION"] = ""
        return ended(home, done.returncode, done.stderr)

    return run
