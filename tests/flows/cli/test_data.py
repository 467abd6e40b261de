"""luthier data: what there is."""

import json

from click.testing import CliRunner

from flows.cli.data import data
from luthier.run_folder import RunFolder
from luthier.storage import write_json


def checked(home, run_id: str, **told) -> None:
    found = {"source": "tickets.csv", "format": "prompt_completion", "read": 100, "accepted": 97, "ok": True}
    write_json(
        RunFolder(home / "runs" / run_id).validation, found | {"sha256": "a" * 64, "quality": {"score": 88}} | told
    )


def listed(monkeypatch, home) -> list[dict]:
    monkeypatch.setenv("LUTHIER_HOME", str(home))
    return json.loads(CliRunner().invoke(data, ["list", "--json"]).stdout)


def test_the_example_set_is_always_there(monkeypatch, tmp_path):
    (only,) = listed(monkeypatch, tmp_path)
    assert only["name"] == "chatterbot" and only["write"] == "luthier data example"


def test_what_was_checked_once_a_content(monkeypatch, tmp_path):
    checked(tmp_path, "t-1")
    checked(tmp_path, "t-2")
    checked(tmp_path, "u-1", source="chats.jsonl", sha256="b" * 64, ok=False, quality={})
    _, *rows = listed(monkeypatch, tmp_path)
    assert {row["name"]: (row["runs"], row["ok"], row["quality"]) for row in rows} == {
        "tickets.csv": (["t-1", "t-2"], True, 88), "chats.jsonl": (["u-1"], False, None),
    }  # fmt: skip
    told = CliRunner().invoke(data, ["list"]).stdout
    assert "97 of 100 rows" in told and "refused" in told


def test_the_example_set_is_written(tmp_path):
    done = CliRunner().invoke(data, ["example", "--out", str(tmp_path / "try"), "--json"])
    assert done.exit_code == 0 and len((tmp_path / "try/chatterbot.jsonl").read_text().splitlines()) > 500
