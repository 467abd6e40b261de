"""Folders and paths: every file is read, or it is told why not."""

import os
import socket
from dataclasses import replace

import pytest
from fault_rows import CSV, GOOD

from luthier.data.reading.read import read
from luthier.data.reading.source import Source
from luthier.data.reading.sources import content_sha256, sources
from luthier.data_spec import DataSpec
from luthier.errors import DataError
from luthier.storage import sha256_bytes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def found(path, **values):
    return sources(DataSpec(path=path, **values), path.parent)


SKIPPED = {  # name: (how it comes to be, what is told)
    "hidden": (lambda path: (path / ".x.jsonl").write_bytes(GOOD), ".x.jsonl is not read: it is hidden"),
    "hidden folder": (lambda path: (path / ".git").mkdir(), ".git is not read: the folder is hidden"),
    "unknown": (lambda path: (path / "x.png").write_bytes(b"x"), 'files that end in ".png" are not known'),
    "no ending": (lambda path: (path / "_SUCCESS").write_bytes(b""), "its name has no ending"),
    "empty": (lambda path: (path / "x.jsonl").write_bytes(b""), "x.jsonl is not read: it is empty"),
    "query": (lambda path: (path / "x.sql").write_bytes(b"select 1"), "only asked when it is named itself"),
    "about": (lambda path: (path / "README.md").write_bytes(b"# x"), "it is about the data"),
    "link outside": (lambda path: (path / "x.jsonl").symlink_to("/etc/passwd"), "leads out of the folder"),
    "link inside": (lambda path: (path / "x.jsonl").symlink_to("a.jsonl"), "to another place in the folder"),
    "link to nowhere": (lambda path: (path / "x.jsonl").symlink_to("gone"), "leads nowhere"),
    "link to itself": (lambda path: (path / "x.jsonl").symlink_to("x.jsonl"), "leads nowhere"),
    "link to its folder": (lambda path: (path / "x").symlink_to(path), "to another place in the folder"),
    "link to a folder": (lambda path: (path / "x").symlink_to("/etc"), "leads out of the folder"),
    "pipe": (lambda path: os.mkfifo(path / "x.jsonl"), "it is no plain file"),
}


@pytest.mark.parametrize("case", SKIPPED)
def test_left_out_and_told(folder, case):
    make, told = SKIPPED[case]
    (folder / "a.jsonl").write_bytes(GOOD)
    make(folder)
    files = found(folder)
    assert [source.name for source in files] == ["a.jsonl"]
    assert len(files.skipped) == 1 and told in files.skipped[0]


@pytest.mark.parametrize("case", [case for case in SKIPPED if case not in ("about", "link inside")])
def test_a_folder_with_nothing_else_is_refused(folder, case):
    make, _ = SKIPPED[case]
    make(folder)
    with pytest.raises(DataError, match="holds no data file") as caught:
        found(folder)
    assert "is not read" in str(caught.value)


def test_an_empty_folder(folder):
    with pytest.raises(DataError, match="the folder is empty"):
        found(folder)


def test_files_below_in_order(folder):
    (folder / "b").mkdir()
    for name in ("b/z.csv", "b/a.jsonl.gz", "a.md", "c.parquet"):
        (folder / name).write_bytes(b"x")
    assert [source.name for source in found(folder)] == ["a.md", "b/a.jsonl.gz", "b/z.csv", "c.parquet"]
    assert found(folder)[2].where(3) == "b/z.csv:3"


def test_a_folder_of_its_readme_only_is_read(folder):
    (folder / "README.md").write_bytes(b"# x\ny\n")
    assert [source.name for source in found(folder)] == ["README.md"]


def test_a_linked_file_that_is_named_is_followed(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(GOOD)
    (tmp_path / "b.jsonl").symlink_to("a.jsonl")
    (source,) = found(tmp_path / "b.jsonl")
    assert len(list(read(source))) == 1


def pipe(path):
    os.mkfifo(path)


def listening(path):
    with socket.socket(socket.AF_UNIX) as it:
        it.bind(str(path))


PATHS = {  # name: (how it comes to be, part of the message)
    "gone": (lambda path: None, "is not there"),
    "a link to nowhere": (lambda path: path.symlink_to("gone.jsonl"), "leads nowhere. It points to gone.jsonl"),
    "a link to itself": (lambda path: path.symlink_to(path), "leads back to itself"),
    "a ring of links": (lambda path: (path.symlink_to("b"), (path.parent / "b").symlink_to(path)), "back to itself"),
    "a pipe": (pipe, "not a plain file"),
    "a socket": (listening, "not a plain file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "not a plain file"),
    "a folder named like a file": (lambda path: path.mkdir(), "the folder is empty"),
    "below a file": (lambda path: path.write_bytes(GOOD), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", PATHS)
def test_odd_path(tmp_path, case):
    make, message = PATHS[case]
    path = tmp_path / "x.jsonl"
    make(path)
    path = path / "y.jsonl" if case == "below a file" else path
    with pytest.raises(DataError) as caught:
        found(path)
    assert message in str(caught.value)
    if case != "a folder named like a file":
        with pytest.raises(DataError):
            list(read(Source(path)))


def test_more_files_with_their_values(tmp_path):
    for name in ("a/d.jsonl", "b/d.jsonl", "c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(CSV)
    more = [
        {"path": tmp_path / "b", "weight": 2, "format": "alpaca", "columns": {"output": "x"}},
        {"path": tmp_path / "c.csv"},
    ]
    files = found(tmp_path / "a/d.jsonl", more=more, columns={"prompt": "y"})
    assert [source.name for source in files] == ["a/d.jsonl", "b/d.jsonl", "c.csv"]
    assert [(source.weight, source.format, source.columns) for source in files] == [
        (1, "auto", {"prompt": "y"}), (2, "alpaca", {"output": "x"}), (1, "auto", {}),
    ]  # fmt: skip


def test_a_file_named_twice(folder):
    (folder / "a.jsonl").write_bytes(GOOD)
    with pytest.raises(DataError, match="named twice"):
        found(folder, more=[{"path": folder / "a.jsonl"}])


def test_the_hash_is_of_the_content(folder):
    (folder / "a.jsonl").write_bytes(GOOD)
    assert content_sha256(found(folder)) == sha256_bytes(GOOD)
    (folder / "b.csv").write_bytes(CSV)
    both = content_sha256(found(folder))
    assert both != content_sha256(list(reversed(found(folder))))  # rows would stand in another order
    assert both != content_sha256([replace(each, weight=2) for each in found(folder)])
    assert both == content_sha256(found(folder))
    (folder / "b.csv").write_bytes(CSV + b"\n")
    assert content_sha256(found(folder)) != both
