import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import COMMANDS, main
from luthier.recipes import recipe_names
from luthier.spec_file import load_spec

LUTHIER = Path(sys.executable).parent / "luthier"


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from flows.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'prefect', 'mlflow', 'great_expectations', 'transformers', 'pydantic'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    print(f"{time.monotonic() - started:.2f} s")
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0 and done.stdout.count("\n") > 3


@pytest.mark.parametrize("recipe", recipe_names())
def test_init_writes_a_spec_that_reads(recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my data.jsonl").write_text("")
    done = CliRunner().invoke(main, ["init", recipe, "--data", "my data.jsonl", "--name", 'A "quoted": name', "--json"])
    assert done.exit_code == 0, done.stderr
    spec = load_spec(Path(json.loads(done.stdout)["spec"]))
    assert spec.name == 'A "quoted": name'
    assert spec.data.path == tmp_path / "my data.jsonl"
    again = CliRunner().invoke(main, ["init", recipe])
    assert again.exit_code == 2 and "already there" in again.stderr


def test_unknown_recipe_and_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["init", "poetry"])
    assert done.exit_code == 2 and "customer-support" in done.stderr
    done = CliRunner().invoke(main, ["runs", "show", "nothing"])
    assert done.exit_code == 2 and "no run nothing" in done.stderr


def test_runs_of_an_empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(main, ["runs", "list", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


def test_doctor_finds_this_machine_fit(tmp_path, monkeypatch):
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(main, ["doctor", "--json"])
    assert done.exit_code == 0, done.stdout
    assert {"Python", "packages", "home", "memory"} <= {finding["what"] for finding in json.loads(done.stdout)}


def test_an_unexpected_error_has_no_traceback_unless_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path))
    monkeypatch.setattr("luthier.doctor.examine", lambda _: 1 / 0)
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1 and "unexpected ZeroDivisionError" in done.stderr and "Traceback" not in done.stderr
    assert isinstance(CliRunner().invoke(main, ["doctor", "--debug"]).exception, ZeroDivisionError)
