"""Causes around the training, provoked for real: data that vanish, a full disk, processes and machines that end."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest
from chain import Home, wait_until, write_spec
from failed_run import BY_NAME, Failed, ended, proposal, recognised
from rented_home import RentedHome, cloud_of, rented_spec

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.drill]
SHORT = {"epochs": 1, "checkpoint_every": 3}
CGROUPS = Path("/sys/fs/cgroup/memory")


def failing_when_it_began(home: Home, spec: Path, happens: Callable[[], object]) -> Failed:
    """`happens` between the run's beginning and the reading of its data."""
    with home.started("run", spec) as process:
        wait_until(lambda: list((home.root / "runs").glob("*/lock")), process)
        happens()
        _, told = process.communicate(timeout=240)
    return ended(home, process.returncode, told, may_propose=False)


def test_data_that_vanish(home, tmp_path, tiny_model):
    spec, data = write_spec(tmp_path, tiny_model), tmp_path / "data.jsonl"
    failed = failing_when_it_began(home, spec, lambda: data.rename(tmp_path / "elsewhere"))
    assert failed.record["cause"] == "data_missing" and failed.record["change"] == []
    assert blocked(home) == "data_missing"
    (tmp_path / "elsewhere").rename(data)
    recognised(Failed(home, failed.code, failed.told, proposal(home)), "data_missing", {}, goes_on=True)


def test_data_that_change(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model)

    def write_on() -> None:
        with (tmp_path / "data.jsonl").open("a") as file:
            file.write('{"prompt": "And?", "completion": "So."}\n')

    failed = failing_when_it_began(home, spec, write_on)
    recognised(Failed(home, failed.code, failed.told, proposal(home)), "data_changed", {}, goes_on=False)


def test_a_database_that_goes_away(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, data={"path": "rows.sql", "refresh_hours": 0, "database": "ROWS_URL"})
    file = tmp_path / "rows.db"
    with sqlite3.connect(file) as database:
        database.execute("create table rows (prompt text, completion text)")
        database.executemany("insert into rows values (?, ?)", [(f"What is {n}?", f"It is {n}.") for n in range(80)])
    (tmp_path / "rows.sql").write_text("select prompt, completion from rows")
    home.environment["ROWS_URL"] = f"sqlite:///{file}"
    assert home.luthier("run", spec, "--set", "training.max_length=4096").returncode == 2
    shutil.rmtree(home.root / "queries")
    file.rename(tmp_path / "gone.db")
    assert blocked(home) == "database_away"
    (tmp_path / "gone.db").rename(file)
    assert proposal(home)["cause"] == "context_too_long"


def blocked(home: Home) -> str:
    """The cause for which a failed run cannot even be opened."""
    asked = home.luthier("retry", home.run.run_id, "--yes", "--json")
    told = json.loads(asked.stdout)
    assert asked.returncode != 0 and told["started"] is False and BY_NAME[told["cause"]].fix == told["advice"]
    return told["cause"]


def test_a_full_disk(home, tmp_path, tiny_model):
    spec = write_spec(tmp_path, tiny_model, training={"epochs": 20, "checkpoint_every": 3})
    with small_disk(home.root / "runs", "700m"), home.started("run", spec) as process:
        wait_until(lambda: list(home.root.glob("runs/*/checkpoints/step-*")), process)
        fill(home.root / "runs")
        _, told = process.communicate(timeout=240)
        (home.root / "runs" / "filler").unlink()
        failed = ended(home, process.returncode, told)
        recognised(failed, "disk_full", {}, goes_on=True)


@contextmanager
def small_disk(folder: Path, size: str):
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]).returncode:
        pytest.skip("this account cannot mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    """All but some kilobytes, for what small files a run keeps of its end."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(64 << 10)):
                pass
        except OSError:
            file.truncate(file.tell() - (96 << 10))


def test_a_container_that_is_too_small(home, failing, tmp_path, tiny_model):
    group = CGROUPS / f"luthier-test-{os.getpid()}"
    if not os.access(CGROUPS / "cgroup.procs", os.W_OK):
        pytest.skip("this account cannot make a memory cgroup")
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(120 << 20))
        failed = failing(write_spec(tmp_path, tiny_model, training=SHORT), condition="baseline:small_container",
                         LUTHIER_TEST_CGROUP=str(group))  # fmt: skip
        recognised(failed, "killed_for_memory", {"training.dtype": "bfloat16"}, goes_on=False)
    finally:
        time.sleep(1)
        group.rmdir()


@pytest.mark.parametrize(("number", "cause"), [(signal.SIGKILL, "process_gone"), (signal.SIGTERM, "cancelled")])
def test_a_process_that_was_ended(home, tmp_path, tiny_model, number, cause):
    spec = write_spec(tmp_path, tiny_model, training={"epochs": 20, "checkpoint_every": 3})
    with home.started("run", spec) as process:
        wait_until(lambda: list(home.root.glob("runs/*/checkpoints/step-*")), process)
        process.send_signal(number)
        process.communicate(timeout=240)
    told = proposal(home)
    assert (told["cause"], told["change"], told["goes_on"]) == (cause, [], True)


@pytest.fixture(scope="module")
def rented(tmp_path_factory, tiny_model, prefect_api):
    """Starts a run on a simulated cloud and gives its failure; `before` is done to the cloud."""
    numbers = iter(range(100))

    def run(*keys: str, before=lambda cloud: None, **environment: str) -> Failed:
        folder = tmp_path_factory.mktemp(f"rented{next(numbers)}")
        with cloud_of(folder) as cloud:
            home = RentedHome(folder / "home", cloud, PREFECT_API_URL=prefect_api)
            home.environment |= environment
            before(cloud)
            chosen = [part for key in keys for part in ("--set", key)]
            done = home.luthier("run", rented_spec(folder, tiny_model), *chosen)
            return ended(home, done.returncode, done.stderr)

    return run


def test_a_wrong_key_of_the_provider(rented):
    recognised(rented("budget.approve_above_usd=null", RUNPOD_API_KEY="rpa_wrong"), "provider_key", {}, goes_on=True)


def test_an_account_without_money(rented):
    def spend(cloud) -> None:
        cloud.account.balance = 0.01

    recognised(rented(before=spend), "no_balance", {}, goes_on=True)


def test_over_the_budget(rented):
    failed = rented("budget.max_usd=0.0001")
    (change,) = failed.retry["change"]
    assert change["key"] == "budget.max_usd" and change["new"] > 0.0001
    recognised(failed, "over_budget", {"budget.max_usd": change["new"]}, goes_on=True)
    assert failed.code == 6


def test_a_gpu_that_nobody_offers(rented):
    failed = rented("compute.gpu=NVIDIA Abacus", "budget.approve_above_usd=null")
    recognised(failed, "gpu_not_offered", {"compute.gpu": None}, goes_on=True)


def test_no_machine_to_be_had(rented):
    def nothing_is_free(cloud) -> None:
        cloud.market.free = {("NVIDIA L40S", kind): 0 for kind in ("spot", "on_demand")}

    failed = rented("compute.max_hours=0.003", "compute.purchase=spot", before=nothing_is_free)
    recognised(failed, "no_capacity", {"compute.purchase": "spot_then_on_demand"}, goes_on=True)


def test_a_storage_that_refuses_the_key(rented, s3_service):
    s3_service.create_bucket("failures")
    storage = {"LUTHIER_STORAGE": "s3://failures", "LUTHIER_STORAGE_ENDPOINT": s3_service.endpoint}
    pods = {"LUTHIER_POD_SECRETS": '{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"}'}
    keys = s3_service.environment | {"AWS_SECRET_ACCESS_KEY": "wrong-secret"}
    failed = rented("budget.approve_above_usd=null", **storage, **pods, **keys)
    recognised(failed, "storage_refused", {}, goes_on=True)
