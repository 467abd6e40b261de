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

    def check(
        content: bytes | None = None, file: str = "data.jsonl", command: str = "check", **sections: object
    ) -> tuple[int, str, str]:
        if content is not None:
            Path(file).write_bytes(content)
        spec = {"name": "bad", "data": {"path": file}, "model": {"base": str(tiny_model)}}
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


CONTRACT = {"ok", "read", "accepted", "quarantined", "blank", "errors", "warnings", "tokens", "estimate", "page"}


def test_refused_data_is_told_in_full(call):
    rows: list[object] = [*GOOD, *[{"prompt": "no answer"}] * 30]
    told = refused(call(lines(rows)), "data.jsonl:41")
    assert set(told) >= CONTRACT
    assert (told["read"], told["accepted"], told["quarantined"], told["blank"]) == (70, 40, 30, 0)
    assert [fault["line"] for fault in told["errors"]] == list(range(41, 71)), "not the first twenty only"
    assert {(fault["file"], fault["code"]) for fault in told["errors"]} == {("data.jsonl", "missing_field")}
    assert Path(told["page"]).exists() and told["tokens"]["examples"] == 40


def test_elements_have_their_number(call):
    told = refused(call(json.dumps([*GOOD, {"prompt": "no answer"}]).encode(), file="data.json"))
    assert told["errors"][0]["line"] == 41


def test_a_fault_of_the_spec_has_its_key(call):
    told = refused(call(lines(GOOD), training={"rank": "x"}))
    assert set(told) >= CONTRACT and told["read"] is None and told["page"] is None
    (fault,) = told["errors"]
    assert (fault["file"], fault["line"], fault["field"]) == ("spec.yaml", None, "training.rank")
    told = refused(call(lines(GOOD[:3])))
    assert (told["errors"][0]["file"], told["errors"][0]["field"]) == ("spec.yaml", "data.split") and told["read"] == 3


def test_what_was_found_before_is_not_told_of_a_model_that_is_broken_now(call, tiny_model, tmp_path):
    base = shutil.copytree(tiny_model, tmp_path / "base")
    refused(call(broken(3, {}), model={"base": "./base"}))
    (base / "config.json").write_text("{")
    told = refused(call(broken(3, {}), model={"base": "./base"}), "config.json")
    assert told["read"] is None and told["errors"][0]["field"] == "model.base"


def test_answers_that_leave_no_room_for_the_prompt(call):
    refused(call(lines(GOOD), evaluation={"max_new_tokens": 300}), "evaluation.max_new_tokens", "256")


@pytest.mark.parametrize(
    ("training", "steps"),
    [({"epochs": 0.1}, 1), ({"epochs": 1.5, "batch_size": 7}, 7), ({"epochs": 3, "max_steps": 900}, 12)],
)
def test_estimate_counts_as_training_does(call, training, steps):
    code, err, out = call(lines(GOOD), training=training)  # 32 rows are trained on
    assert code == 0, err
    assert json.loads(out)["estimate"]["steps"] == steps


@pytest.mark.parametrize("out", ["missing/folder/spec.yaml", "file/spec.yaml", "x" * 300])
def test_init_to_a_place_that_cannot_be_written(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    done = CliRunner().invoke(main, ["init", "demo", "--out", out])
    assert done.exit_code == 2 and "cannot be written" in done.stderr, done.stderr
