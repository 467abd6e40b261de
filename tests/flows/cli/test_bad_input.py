"""What goes wrong before a run: one clear message, exit code 2, nothing lost, no traceback."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from chain import Home
from click.testing import CliRunner

from flows.cli import main

GOOD = [{"prompt": f"Question {n} about the sea?", "completion": f"Answer {n} is blue."} for n in range(40)]


def lines(rows: list[object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def call(tmp_path, monkeypatch, tiny_model):
    """Write data and spec, then call `luthier check`; returns (exit code, stderr, stdout)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "home"))

    def check(data: bytes | None = None, command: str = "check", **sections: object) -> tuple[int, str, str]:
        if data is not None:
            Path("data.jsonl").write_bytes(data)
        spec = {"name": "bad", "data": {"path": "data.jsonl"}, "model": {"base": str(tiny_model)}}
        for name, section in sections.items():
            both = isinstance(section, dict) and isinstance(spec.get(name), dict)
            spec[name] = {**spec[name], **section} if both else section
        Path("spec.yaml").write_text(yaml.safe_dump(spec))
        done = CliRunner().invoke(main, [command, "spec.yaml", "--json"])
        return done.exit_code, done.stderr, done.stdout

    return check


def refused(outcome: tuple[int, str, str], *expected: str) -> dict:
    code, err, out = outcome
    assert code == 2, err
    assert "Traceback" not in err
    for text in expected:
        assert text in err
    told = json.loads(out)
    assert told["ok"] is False and told["errors"]
    return told


def broken(number: int, row: object) -> bytes:
    rows: list[object] = list(GOOD)
    rows[number - 1] = row
    return lines(rows)


def test_good_data_passes(call):
    code, err, out = call(lines(GOOD))
    assert code == 0, err
    told = json.loads(out)
    assert told["ok"] and told["accepted"] == told["read"] == 40
    assert Path(told["page"]).exists()


def test_missing_file(call):
    refused(call(), "data.jsonl")


def test_empty_file(call):
    refused(call(b""), "data.jsonl")


def test_wrong_encoding(call):
    rows = lines(GOOD).splitlines(keepends=True)
    rows[6] = '{"prompt": "Où?", "completion": "là"}\n'.encode("latin-1")
    refused(call(b"".join(rows)), "data.jsonl:7")


def test_broken_json(call):
    rows = lines(GOOD).splitlines(keepends=True)
    rows[4] = b'{"prompt": "a", "completion": \n'
    told = refused(call(b"".join(rows)), "data.jsonl:5")
    assert told["errors"][0]["line"] == 5


def test_missing_field(call):
    refused(call(broken(3, {"prompt": "only this"})), "data.jsonl:3", "completion")


def test_roles_out_of_order(call):
    rows = [{"messages": [{"role": "user", "content": r["prompt"]}, {"role": "assistant", "content": r["completion"]}]}
            for r in GOOD]  # fmt: skip
    rows[8] = {"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]}
    refused(call(lines(rows)), "data.jsonl:9")


def test_empty_answer(call):
    refused(call(broken(2, {"prompt": "a", "completion": "  "})), "data.jsonl:2")


def test_every_faulty_row_is_named_and_kept(call, tmp_path):
    rows: list[object] = list(GOOD)
    for number in (2, 11, 30):
        rows[number - 1] = {"prompt": "no answer"}
    told = refused(call(lines(rows)), "data.jsonl:2", "data.jsonl:11", "data.jsonl:30")
    assert [fault["line"] for fault in told["errors"]] == [2, 11, 30]
    (quarantine,) = (tmp_path / "home").glob("runs/*/data/quarantine.jsonl")
    assert len(quarantine.read_text().splitlines()) == 3


def test_faults_of_the_spec_come_together(call):
    told = refused(
        call(lines(GOOD), sede=1, training={"epochs": 0, "rank": "x"}, evaluation={"max_examples": -1}),
        "sede", "training.epochs", "training.rank", "evaluation.max_examples",
    )  # fmt: skip
    assert len(told["errors"]) == 4


def test_base_model_that_is_not_there(call):
    refused(call(lines(GOOD), model={"base": "./nowhere"}), "model.base")


def test_context_longer_than_the_models(call):
    refused(call(lines(GOOD), training={"max_length": 100_000}), "training.max_length", "512")


def test_too_few_rows(call):
    refused(call(lines(GOOD[:3])), "data.split")


def test_disk_without_room(call, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10 * 2**20))
    refused(call(lines(GOOD)), "10 MiB free", "LUTHIER_HOME")


def test_home_that_cannot_be_written(call, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("a file, not a folder")
    monkeypatch.setenv("LUTHIER_HOME", str(tmp_path / "file" / "home"))
    refused(call(lines(GOOD)), "cannot be written")


@pytest.mark.slow
def test_run_refuses_what_check_refuses(call, tmp_path, prefect_api):
    call(broken(3, {"prompt": "only this"}))
    done = Home(tmp_path / "home", PREFECT_API_URL=prefect_api).luthier("run", tmp_path / "spec.yaml")
    assert done.returncode == 2, done.stderr
    assert "data.jsonl:3" in done.stderr and "Traceback" not in done.stderr


def test_a_missing_spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["run", "nothing.yaml"])
    assert done.exit_code == 2 and "nothing.yaml: the spec is not there" in done.stderr
