"""Small files that unpack to huge ones, and lines that are longer than memory should be."""

import gzip
import io
import resource
import zipfile

import pytest
import zstandard

from luthier.data.reading import stream
from luthier.data.reading.lines import lines
from luthier.data.reading.read import read
from luthier.data.reading.source import Source
from luthier.errors import DataError

ZEROS = b'{"prompt": "' + b"0" * 5_000_000


def docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(5_000_000))
    return out.getvalue()


BOMBS = {
    "d.jsonl.gz": gzip.compress(ZEROS), "d.jsonl.zst": zstandard.compress(ZEROS), "d.jsonl": gzip.compress(ZEROS),
    "d.json.gz": gzip.compress(ZEROS), "d.csv.gz": gzip.compress(ZEROS), "d.txt.zst": zstandard.compress(ZEROS),
    "d.parquet.gz": gzip.compress(ZEROS), "d.md.gz": gzip.compress(ZEROS), "d.docx": docx(),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(stream, "MOST_EXPANDED", 1_000_000)
    (tmp_path / name).write_bytes(BOMBS[name])
    with pytest.raises(DataError, match="unpacks to") as caught:
        list(read(Source(tmp_path / name)))
    assert name in str(caught.value)


def test_a_file_that_packs_well_is_no_bomb_below_the_limit(tmp_path):
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(ZEROS + b'"}\n'))
    assert len(list(read(Source(tmp_path / "d.jsonl.gz")))) == 1


def test_a_line_of_300_mb_takes_no_memory(tmp_path):
    path = tmp_path / "d.jsonl"
    with path.open("wb") as out:
        out.write(b'{"a": 1}\n')
        out.truncate(300_000_000)
        out.seek(0, 2)
        out.write(b'\n{"a": 2}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = [(line.number, line.size, len(line.raw)) for line in lines(Source(path))]
    assert found == [(1, 8, 8), (2, 300_000_000 - 9, 100_000), (3, 8, 8)]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB


@pytest.mark.parametrize("size", [9_999_999, 10_000_000, 10_000_001, 10_000_002, 10_000_003, 10_000_004])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_limit_is_exact(tmp_path, size, end):
    row = b'{"a": "' + b"x" * (size - 9) + b'"}'
    (tmp_path / "d.jsonl").write_bytes(row + end + b'{"a": 1}' * bool(end))
    record, *rest = read(Source(tmp_path / "d.jsonl"))
    assert (record.fault is not None) == (size > 10_000_000)
    assert not record.fault or f"{size:,} bytes" in record.fault.what
    assert [record.number for record in rest] == [2] * bool(end)
