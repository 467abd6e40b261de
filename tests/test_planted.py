"""The search for planted secrets finds them, however they are written down."""

import base64
import gzip
import itertools
import json
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from urllib.parse import quote

import pytest
from planted import Planted

PLANTED = Planted("RUNPOD_API_KEY", "HF_TOKEN")
SECRET = PLANTED.environment["HF_TOKEN"]


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        json.dumps({"key": SECRET}),
        SECRET.encode().hex(),
        *(base64.b64encode(b"x" * before + SECRET.encode() + b"y" * 5).decode() for before in range(6)),
        *(base64.urlsafe_b64encode(b"x" * before + SECRET.encode()).decode() for before in range(6)),
    ],
    ids=itertools.count(),  # secrets differ from worker to worker, names must not
)
def test_every_way_of_writing_is_seen(written):
    assert {leak.variable for leak in PLANTED.found_in("log", f"key={written} refused")} == {"HF_TOKEN"}


def test_other_text_is_no_leak():
    other = Planted("HF_TOKEN").environment["HF_TOKEN"]
    assert not PLANTED.found_in("log", f"{other} {base64.b64encode(other.encode()).decode()} HF_TOKEN")


def test_files_names_archives_and_databases_are_searched(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log.txt").write_text(SECRET)
    (tmp_path / quote(SECRET, safe="")).touch()
    (tmp_path / "log.gz").write_bytes(gzip.compress(SECRET.encode()))
    with zipfile.ZipFile(tmp_path / "package.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spec.yaml", SECRET)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        database.execute("CREATE TABLE params (value TEXT)")
        database.execute("INSERT INTO params VALUES (?)", ["x" * 5000 + SECRET])
    (tmp_path / "clean.txt").write_text("nothing here")
    leaks = {leak.where.removeprefix(f"{tmp_path}/") for leak in PLANTED.found_below(tmp_path)}
    expected = {"deep/log.txt", "log.gz (unpacked)", "package.zip: spec.yaml", "mlflow.db: table params"}
    assert expected <= leaks and any(where.endswith("(name)") for where in leaks)
    assert "clean.txt" not in leaks


def test_command_lines_are_searched_and_environments_are_not():
    wait = [sys.executable, "-c", "input()"]
    with subprocess.Popen(wait, stdin=subprocess.PIPE, env=PLANTED.environment) as quiet:
        assert not PLANTED.in_process_list()
        quiet.communicate(b"\n")
    with subprocess.Popen([*wait, SECRET], stdin=subprocess.PIPE) as told:
        assert [leak.where for leak in PLANTED.in_process_list()][:1] == [f"process {told.pid}"]
        told.communicate(b"\n")
