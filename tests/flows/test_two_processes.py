"""A run whose training is done by two processes, one of which is killed: real command, real server, real SIGKILL."""

import psutil
import pytest
from chain import Home, wait_until, write_spec

from luthier.storage import read_json, sha256_file
from luthier.training.checkpoints import newest_complete

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]


@pytest.mark.parametrize("sharding", ["none", "full"])
def test_it_goes_through_the_whole_chain(sharding, tmp_path, tiny_model, prefect_api):
    compute = {"processes": 2, "sharding": sharding}
    spec = write_spec(tmp_path, tiny_model, training={"epochs": 3}, evaluation={"few_shot": []}, compute=compute)
    home = Home(tmp_path / "home")
    with home.started("run", spec, "--json") as process:
        wait_until(lambda: (home.root / "runs").exists() and home.steps(), process)
        for each in psutil.Process(process.pid).children(recursive=True):
            if "luthier.coworker" in each.cmdline():
                each.kill()
        out, err = process.communicate(timeout=400)
    assert process.returncode in (0, 3, 4), err
    run, report = home.run, read_json(home.run.report / "report.json")
    assert [death["stage"] for death in report["interruptions"]] == ["train"]
    assert report["training"]["resumed_from"]
    assert report["adapter_sha256"] == sha256_file(run.adapter / "adapter_model.safetensors")
    assert newest_complete(run.checkpoints)[0].fingerprint["processes"] == 2
