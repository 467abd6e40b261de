"""Files that are something else than their name says, seen from their first bytes."""

import zipfile
from typing import NamedTuple

from luthier.data.reading.source import TEXTS, Source
from luthier.errors import DataError


class _Kind(NamedTuple):
    name: str
    fix: str


_CSV = "Save the sheet as CSV in UTF-8."
_UNPACK = "Unpack it, and name what is inside."
_ENDING = "Give it the ending of what it is."
_NOT_DATA = "Name the file that holds the texts."

_SIGNATURES = (
    (b"\x1f\x8b", _Kind("a gzip archive in another", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", _Kind("a Zstandard archive in another", _UNPACK)),
    (b"PAR1", _Kind("a Parquet file", _ENDING)),
    (b"%PDF", _Kind("a PDF document", _ENDING)),
    (b"\xd0\xcf\x11\xe0", _Kind("an old or an encrypted Office file (.xls, .doc)", "Save it as CSV or .docx.")),
    (b"SQLite format 3\0", _Kind("an SQLite database", "Write the query to a .sql file.")),
    (b"{\\rtf", _Kind("a document in rich text (RTF)", "Save it as .docx or .txt.")),
    (b"BZh", _Kind("a bzip2 archive", _UNPACK)),
    (b"\xfd7zXZ\0", _Kind("an xz archive", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", _Kind("a 7-Zip archive", _UNPACK)),
    (b"Rar!", _Kind("a RAR archive", _UNPACK)),
    (b"ARROW1", _Kind("an Arrow file", "Write it as Parquet.")),
    (b"Obj\x01", _Kind("an Avro file", "Write it as Parquet.")),
    (b"\x89HDF", _Kind("an HDF5 file", "Write it as Parquet.")),
    (b"\x93NUMPY", _Kind("a NumPy array", "Write it as Parquet.")),
    (b"\x89PNG", _Kind("a picture", _NOT_DATA)),
    (b"\xff\xd8\xff", _Kind("a picture", _NOT_DATA)),
    (b"GIF8", _Kind("a picture", _NOT_DATA)),
    (b"\x7fELF", _Kind("a program", _NOT_DATA)),
    (b"\xff\xfe\0\0", _Kind("text in UTF-32", "Save it as UTF-8.")),
    (b"\0\0\xfe\xff", _Kind("text in UTF-32", "Save it as UTF-8.")),
    (b"version https://git-lfs", _Kind("a pointer of Git LFS, not the file itself", "Fetch it with `git lfs pull`.")),
)

_PAGES = (b"<!doctype html", b"<html", b"<?xml")


def check_content(source: Source) -> None:
    """Raises DataError for an empty file, and for one that is not what its ending says."""
    with source.open() as stream:
        start = stream.read(4096)
    if not start:
        raise DataError(
            "the data file is empty", "", "Write one example a row; see docs/data-formats.md.", str(source.path)
        )
    if source.kind in (".parquet", ".pdf", ".docx"):  # their readers say more
        return
    if found := _found(source, start):
        why = f"The name ends in {source.kind}, which is read as text"
        raise DataError(f"this is {found.name}", why, found.fix, str(source.path))


def _found(source: Source, start: bytes) -> _Kind | None:
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    if start.startswith(b"PK\x03\x04"):
        return zip_kind(source)
    if start[257:262] == b"ustar":
        return _Kind("a tar archive", _UNPACK)
    if source.kind not in TEXTS and start.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_PAGES):
        return _Kind("a web page or XML", "Often a page that asks to log in. Fetch the data file itself.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    if start.count(0) > len(start) // 4:  # UTF-16 without its mark, or no text at all
        return _Kind("text in UTF-16 without its mark, or a binary file", "Save it as UTF-8.")
    return None


def zip_kind(source: Source) -> _Kind:
    """What a file is that is packed like a ZIP archive."""
    try:
        with source.open() as stream, zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except Exception:  # whatever a damaged archive raises
        return _Kind("a damaged ZIP archive or Excel workbook", _UNPACK)
    if any(name.startswith("xl/") for name in names):
        return _Kind("an Excel workbook", _CSV)
    if any(name.startswith("word/") for name in names):
        return _Kind("a Word document", "Give it the ending .docx.")
    if "content.xml" in names:
        return _Kind("an OpenDocument file", "Save it as CSV, or as .docx.")
    return _Kind("a ZIP archive", _UNPACK)
