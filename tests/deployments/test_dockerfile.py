"""The image's recipe: linted, pinned, without secrets, and started in a way that a signal reaches."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from native_build import DOCKERFILE, ROOT, asked_for, context, of, with_dependencies
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def constraints() -> dict[str, str]:
    lines = (line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    return {canonicalize_name(name): version for name, _, version in lines if version}


def test_the_linter_has_nothing_to_say():
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_base_image_is_pinned_to_a_tag_that_can_be_replaced_by_a_digest():
    assert of("FROM") == ["${PYTHON}"]
    assert re.fullmatch(r"PYTHON=python:\d+\.\d+\.\d+-slim-\w+", of("ARG")[0])


def test_the_first_process_is_python_itself_and_not_root_unless_asked_for():
    assert json.loads(of("ENTRYPOINT")[0]) == ["python", "-m", "luthier.pod"]
    assert of("USER") == ["${POD_USER}"] and "POD_USER=luthier" in of("ARG")


def test_what_is_installed_is_the_projects_and_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {Requirement(text).name for text in project["dependencies"]}
    pinned = constraints()
    assert set(asked_for()) <= known
    assert {name for name in with_dependencies(asked_for()) if name not in pinned} == set()
    own = "pip install --no-deps --no-build-isolation ."
    installs = [part for run in of("RUN") for part in run.split("&&") if "pip install" in part]
    assert [part for part in installs if "--constraint constraints.txt" not in part] == [own]


def test_what_is_copied_is_sent_to_the_builder():
    sent = context(ROOT)
    for copied in of("COPY"):
        for source in copied.split()[:-1]:
            assert any(name == source or name.startswith(f"{source}/") for name in sent), source


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A checkout that has been worked in."""
    for name in (
        "luthier/worker.py", "luthier/__pycache__/worker.pyc", "luthier/.luthier/mlflow.db", "luthier/luthier.toml",
        "luthier/pod/.env", "luthier/reporting/templates/report.html", "pyproject.toml", "luthier.toml", ".env",
        ".git/config", ".luthier/runs/bot/spec.yaml", ".venv/bin/python", "constraints.txt", "deployments/.env",
        "deployments/pod-requirements.txt", "deployments/Dockerfile", "tests/test_planted.py", "data.jsonl", "id_rsa",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_no_home_no_settings_and_no_secret_is_sent_to_the_builder(checkout):
    assert context(checkout) == [
        "constraints.txt",
        "deployments/pod-requirements.txt",
        "luthier/reporting/templates/report.html",
        "luthier/worker.py",
        "pyproject.toml",
    ]
