"""Which engine a spec comes to, and what its worker imports."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from training_runs import make_run

from luthier import doctor
from luthier.compute.job import Job
from luthier.errors import SpecError
from luthier.models import engines
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import read_json, write_json
from luthier.training import presets
from luthier.training.presets import reasons, resolve

IMPORTED = """
import json, runpy, sys
sys.argv = ["worker", sys.argv[1]]
try:
    runpy.run_module("luthier.worker", run_name="__main__")
except SystemExit:
    pass
print(json.dumps([name for name, module in sys.modules.items() if module]))
"""


def asked(**training) -> RunSpec:
    given = {key: training.pop(key) for key in ("provider", "processes") if key in training}
    compute = {"threads": 1, **given}
    return RunSpec.model_validate({"name": "x", "data": {"path": "d.jsonl"}, "compute": compute, "training": training})


@pytest.fixture
def mac(monkeypatch):
    monkeypatch.setattr(engines.sys, "platform", "darwin")
    monkeypatch.setattr(engines.platform, "machine", lambda: "arm64")


def test_apple_silicon_gets_mlx_and_bfloat16(mac):
    chosen = resolve(asked(), context=512).training
    assert (chosen.engine, chosen.dtype) == ("mlx", "bfloat16")
    assert "Apple" in reasons(asked(), context=512)["engine"]
    assert doctor._accelerator().found == "Apple silicon, by MLX"


def test_what_mlx_cannot_do_is_done_by_the_other_engine(mac):
    assert resolve(asked(), context=512, paired=True).training.engine == "trl"
    assert resolve(asked(provider="runpod"), context=512).training.engine == "trl"
    assert resolve(asked(processes=2), context=512).training.engine == "trl"
    with pytest.raises(SpecError, match="in one process"):
        resolve(asked(engine="mlx", processes=2), context=512)
    assert resolve(asked(engine="trl"), context=512).training.engine == "trl"


def test_without_mlx_a_mac_gets_torch_and_is_told(mac, monkeypatch):
    for module in (presets, doctor):
        monkeypatch.setattr(module, "has_mlx", lambda: False)
    assert resolve(asked(), context=512).training.engine == "trl"
    assert doctor._accelerator().fix == "pip install mlx-lm"
    with pytest.raises(SpecError, match="mlx-lm is not installed"):
        resolve(asked(engine="mlx"), context=512)


def test_everywhere_else_it_is_trl():
    assert resolve(asked(), context=512).training.engine == "trl"


def test_a_worker_imports_the_library_of_its_engine_alone(tiny_model, tmp_path):
    pytest.importorskip("mlx_lm")
    by_mlx = imported(tmp_path / "mlx", tiny_model, "mlx", "qlora")
    by_trl = imported(tmp_path / "trl", tiny_model, "trl", "lora")
    assert "mlx.core" in by_mlx and not {"bitsandbytes", "peft", "trl"} & by_mlx
    assert not {"mlx", "mlx.core", "mlx_lm"} & by_trl


def imported(root: Path, base: Path, engine: str, method: str) -> set[str]:
    """Modules in a worker that trained a step."""
    values = {"engine": engine, "method": method, "max_steps": 1, "samples": 0, "dtype": "float32", "dropout": 0.0}
    run = make_run(root, asked=resolve(asked(**values), context=512))
    job = Job(kind="train", attempt=1, run=run.root, models=root, base=base, watcher=os.getpid())
    write_json(job.folder.job, job.model_dump(mode="json"))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, str(job.folder.job)], capture_output=True, text=True, check=True
    )
    assert "result" in read_json(RunFolder(run.root).attempt(1).result), done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))
