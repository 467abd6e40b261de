"""Every broken file is refused with the place named, and nothing of it is lost."""

import base64

import pytest
from fault_files import FILES
from fault_rows import GOOD, ROWS

from luthier.data.formats.assemble import conversations
from luthier.data.reading.source import Source
from luthier.data.reading.sources import content_sha256
from luthier.data_spec import DataSpec
from luthier.errors import DataError, LuthierError, Problems, SpecError
from luthier.storage import read_json, read_jsonl


def examine(path, **values) -> list[str]:
    """The messages for the faulty rows of a file, as far as that takes no model and no gate."""
    source = Source(path)
    _, found = conversations(source, DataSpec(path=path, **values))
    records = [record for record in found if record]
    if not records:
        raise DataError("the data file holds no rows", "", "", str(path))
    return [
        str(record.fault.error(record.place or source.where(record.number), True)) for record in records if record.fault
    ]


@pytest.mark.parametrize("case", ROWS)
def test_faulty_row_is_named(tmp_path, case):
    name, content, place, message = ROWS[case]
    (tmp_path / name).write_bytes(content)
    told = examine(tmp_path / name, **({"assistant": "Bob"} if "WhatsApp" in case else {}))
    assert any(place in line and message in line and "data.on_bad_rows" in line for line in told), told


@pytest.mark.parametrize(
    "case", ["missing field", "latin-1", "huge line", "roles out of order", "element missing field", "CSV short row"]
)
def test_faulty_row_is_refused_and_kept(work, tmp_path, case):
    name, content, place, message = ROWS[case]
    with pytest.raises(Problems) as caught:
        work(content, name)
    assert caught.value.exit_code == 2
    assert place in str(caught.value) and message in str(caught.value)
    found = read_json(tmp_path / "run/data/validation.json")
    assert not found["ok"] and found["errors"]
    assert (found["read"], found["accepted"], found["quarantined"]) == (2, 1, 1)
    (entry,) = read_jsonl(tmp_path / "run/data/quarantine.jsonl")
    raw = entry["raw"].encode() if "raw" in entry else base64.b64decode(entry["raw_base64"])
    assert raw in content.replace(b", ", b",").replace(b": ", b":") or raw in content
    assert (tmp_path / "run/data/page.html").exists()


@pytest.mark.parametrize("case", FILES)
def test_faulty_file_is_named(tmp_path, case):
    name, content, place, message = FILES[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        raise DataError("\n".join(examine(tmp_path / name)))
    assert caught.value.exit_code == 2
    assert place in str(caught.value) and message in str(caught.value)


@pytest.mark.parametrize("case", ["empty file", "blank lines only", "broken array", "CSV open quote", "gzip cut off"])
def test_faulty_file_is_refused_and_kept(work, tmp_path, case):
    name, content, place, message = FILES[case]
    with pytest.raises(DataError) as caught:
        work(content, name)
    assert caught.value.exit_code == 2
    assert place in str(caught.value) and message in str(caught.value)
    found = read_json(tmp_path / "run/data/validation.json")
    assert not found["ok"] and message in found["errors"][0]["message"]
    assert (tmp_path / "run/data/quarantine.jsonl").exists() and (tmp_path / "run/data/page.html").exists()


def test_missing_file_and_folder(work, tmp_path):
    with pytest.raises(DataError, match="is not there"):
        content_sha256([Source(tmp_path / "gone.jsonl")])
    with pytest.raises(DataError, match="a folder"):
        content_sha256([Source(tmp_path)])


def test_path_that_no_file_can_have(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        content_sha256([Source(tmp_path / "a\0b.jsonl")])


def test_parquet_text_that_is_no_text(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    prompts = pa.Array.from_buffers(pa.string(), 2, pa.array([b"fine", b"\xff\xfe"]).buffers())
    pq.write_table(pa.table({"prompt": prompts, "completion": ["x", "y"]}), tmp_path / "d.parquet")
    (told,) = examine(tmp_path / "d.parquet")
    assert told.startswith("d.parquet: row 2: a text is not UTF-8")


@pytest.mark.parametrize("columns", [{"prompt": "nowhere"}, {"colour": "prompt"}])
def test_columns_that_do_not_exist(work, columns):
    with pytest.raises(SpecError, match=r"data\.columns"):
        work(GOOD, columns=columns)


def test_all_faults_at_once_and_many_of_a_kind_in_short(work, lines):
    content = lines([{"prompt": "x"}] * 25) + lines([{"prompt": "x", "completion": 3}]) + GOOD
    with pytest.raises(Problems) as caught:
        work(content)
    told = str(caught.value)
    assert "26 of 27 rows" in told and "… and 5 more of this kind (missing_field)" in told and "data.jsonl:26" in told


def test_any_bytes_end_in_an_error_for_people(work):
    import random

    source = random.Random(5)
    for ending in ("jsonl", "json", "csv", "parquet"):
        with pytest.raises(LuthierError) as caught:
            work(source.randbytes(400), f"noise.{ending}")
        assert caught.value.exit_code == 2
