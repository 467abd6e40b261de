"""The image's commands, carried out here, give an environment in which a pod does all of its work."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from native_build import build, of, run
from tiny_model import CONTEXT

from luthier.compute.pod_environment import pod_environment
from luthier.rows import write_rows
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.spec_file import save_spec
from luthier.storage import read_json
from luthier.training.presets import resolve

pytestmark = pytest.mark.slow

ALL_STAGES = """
import os, sys
from pathlib import Path
from luthier.compute.job import new_job
from luthier.run_folder import RunFolder
from luthier.storage import write_json
from luthier.worker import main

run = RunFolder(Path(sys.argv[1]))
for kind in ("baseline", "train", "evaluate"):
    job = new_job(run, kind, run.root, resume_from=None, progress=0, flow_run="")
    write_json(job.folder.job, job.model_dump(mode="json") | {"watcher": os.getppid()})
    if main(str(job.folder.job)):
        sys.exit(f"{kind} failed")
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("image"))


@pytest.fixture
def bare(tmp_path) -> dict[str, str]:
    """The image's own variables, with homes that can be written here."""
    return {"LUTHIER_HOME": str(tmp_path / "home"), "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}


def row(number: int) -> dict:
    question, answer = f"What is {number}?", f"It is {number} of them."
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"id": str(number), "group": str(number), "messages": messages}


@pytest.fixture
def ready(tmp_path, tiny_model) -> RunFolder:
    """A run as it comes out of validate-data."""
    run = RunFolder(tmp_path / "run")
    for start, (name, count) in enumerate({"train": 12, "validation": 4, "test": 6}.items()):
        write_rows(run.split(name), [row(100 * start + number) for number in range(count)])
    sections = {
        "name": "bot", "data": {"path": "rows.jsonl"}, "model": {"base": str(tiny_model)}, "compute": {"threads": 1},
        "training": {"max_steps": 3, "samples": 1}, "evaluation": {"max_new_tokens": 8, "few_shot": [1]},
    }  # fmt: skip
    save_spec(resolve(RunSpec.model_validate(sections), CONTEXT), run.spec)
    return run


def test_baseline_training_and_evaluation_find_all_they_import(python, ready, bare, tmp_path):
    threads = {"OMP_NUM_THREADS": "1"}
    command = [python, "-c", ALL_STAGES, ready.root]
    done = subprocess.run(command, env=bare | threads, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert read_json(ready.evaluation / "metrics.json")["n"] == 6


def test_what_stays_at_home_is_not_there(python, bare):
    names = ("prefect", "mlflow", "great_expectations", "runpod", "plutoprint", "flows", "tasks", "gx")
    code = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)], u.find_spec('luthier').origin)"
    done = subprocess.run([python, "-c", code], env=bare, cwd=python.parents[1], capture_output=True, text=True)
    absent, _, origin = done.stdout.partition("] ")
    assert absent == "[" and "site-packages/luthier" in origin


def test_a_base_model_can_be_baked_in(python, bare, tiny_model, tmp_path):
    *_, bake = of("RUN")
    without = {"BASE_MODEL": "", "BASE_REVISION": ""}
    assert run(bake, python.parents[1], tmp_path, **bare, **without) == ""
    found = run(bake, python.parents[1], tmp_path, **bare, **without | {"BASE_MODEL": str(tiny_model)})
    assert found.strip() == str(tiny_model)


def test_the_entrypoint_comes_up_without_torch_and_ends_its_pod_when_its_time_is_over(
    python, bare, tmp_path, monkeypatch
):
    monkeypatch.setenv("RUNPOD_API_BASE_URL", "http://127.0.0.1:9")  # nobody listens there
    settings = Settings(storage=str(tmp_path / "bucket"))
    told = pod_environment("bot-1", "luthier-h-bot-1-p1", settings, datetime(2020, 1, 1, tzinfo=UTC))
    pod = {"RUNPOD_API_BASE_URL": os.environ["RUNPOD_API_BASE_URL"], "RUNPOD_POD_ID": "x", "RUNPOD_API_KEY": "y"}
    command = [str(python) if part == "python" else part for part in json.loads(of("ENTRYPOINT")[0])]
    with subprocess.Popen(command, env=bare | told | pod, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "deadline has passed" in process.stdout.readline()
            assert "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text()
            assert [process.stdout.readline().split(":")[0] for _ in range(2)] == ["_by_graphql", "_by_rest"]
            assert process.poll() is None  # it stays, or it would be started again
        finally:
            process.kill()
