"""Each file has its own format and columns, wherever its rows come to lie."""

import sqlite3

from luthier.data.formats.assemble import conversations
from luthier.data.reading.sources import sources
from luthier.data_spec import DataSpec


def test_the_answer_of_a_further_query_is_read_by_its_own_columns(tmp_path, lines, monkeypatch):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table t as select 'a' as ask, 'b' as say, 'c' as q, 'd' as a")
    connection.close()
    monkeypatch.setenv("LUTHIER_SQL_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    (tmp_path / "main.jsonl").write_bytes(lines([{"q": "1", "a": "2"}]))
    (tmp_path / "more.sql").write_text("select * from t")
    (tmp_path / "plain.sql").write_text("select ask as prompt, say as completion, q from t")
    data = DataSpec.model_validate({
        "path": tmp_path / "main.jsonl", "format": "prompt_completion", "columns": {"prompt": "q", "completion": "a"},
        "more": [
            {"path": tmp_path / "more.sql", "columns": {"prompt": "ask", "completion": "say"}},
            {"path": tmp_path / "plain.sql"},
        ],
    })  # fmt: skip
    said = [
        [message["content"] for record in conversations(source, data)[1] for message in record.messages]
        for source in sources(data, tmp_path / "home")
    ]
    assert said == [["1", "2"], ["a", "b"], ["a", "b"]]
