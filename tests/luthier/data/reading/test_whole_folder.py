"""A folder, a packed file, a text and a query go through the whole preparation together."""

import gzip
import sqlite3

from luthier.data.prepare import prepare
from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import read_json


def test_prepared_together(tmp_path, lines, tokenizer, monkeypatch):
    rows = lines(60).splitlines(keepends=True)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(b"".join(rows[:20])))
    (folder / "b.jsonl").write_bytes(b"".join(rows[20:40]).decode().encode("utf-16"))
    (folder / "notes.xlsx").write_bytes(b"x")
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table t (row text)")
        connection.executemany("insert into t values (?)", [(row.decode(),) for row in rows[40:]])
    connection.close()
    monkeypatch.setenv("SHOP", f"sqlite:///{tmp_path / 'shop.db'}")
    (tmp_path / "q.sql").write_text("select row ->> 'prompt' as prompt, row ->> 'completion' as completion from t")
    data = {"path": folder, "more": [{"path": tmp_path / "q.sql"}], "database": "SHOP"}
    run = RunFolder(tmp_path / "run")
    list(prepare(RunSpec.model_validate({"name": "x", "data": data}), run, tokenizer, 256, tmp_path / "home"))
    found = read_json(run.validation)
    assert found["ok"] and (found["read"], found["accepted"], found["quarantined"]) == (60, 60, 0)
