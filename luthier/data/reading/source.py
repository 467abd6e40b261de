"""The data file: found, readable, text, and its hash."""

from pathlib import Path
from typing import NamedTuple, NoReturn

from luthier.errors import DataError
from luthier.storage import sha256_file

UNITS = {".jsonl": "line", ".ndjson": "line", ".json": "element", ".csv": "line", ".parquet": "row"}
"""What a row is called in each kind of file, by its ending."""

_SIGNATURES = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)


class Source(NamedTuple):
    path: Path

    @property
    def unit(self) -> str:
        return UNITS.get(self.path.suffix.lower(), "row")

    def where(self, number: int) -> str:
        """`data.jsonl:47`, or `data.parquet: row 47` where there are no lines."""
        return f"{self.path.name}:{number}" if self.unit == "line" else f"{self.path.name}: {self.unit} {number}"


def content_sha256(path: Path) -> str:
    """Hash of the file's bytes. Raises DataError when it is missing, a folder or unreadable."""
    try:
        return sha256_file(path)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        _refuse(path, error)


def check_file(path: Path) -> None:
    """Raises DataError for what can be said of the file as a whole: missing, empty, not of a known kind."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except (OSError, ValueError) as error:
        _refuse(path, error)
    if path.suffix.lower() not in UNITS:
        raise DataError(
            f'files that end in "{path.suffix}" cannot be read' if path.suffix else "the file's name has no ending",
            f"Known endings: {', '.join(UNITS)}",
            "Convert the file, or give it the ending of what it is.",
            str(path),
        )
    if not start:
        raise DataError("the data file is empty", "", "Write one example a row; see docs/data-formats.md.", str(path))
    if path.suffix.lower() != ".parquet":
        _check_text(path, start)


def _check_text(path: Path, start: bytes) -> None:
    found = next((name for signature, name in _SIGNATURES if start.startswith(signature)), None)
    if not found and start.count(0) > len(start) // 4:  # UTF-16 without its mark, or no text at all
        found = "text in UTF-16 or a binary file"
    if found:
        raise DataError(f"this is {found}", "Rows are read as text in UTF-8", "Save it as UTF-8.", str(path))


def _refuse(path: Path, error: OSError | ValueError) -> NoReturn:
    if isinstance(error, FileNotFoundError):
        what, why, fix = "the data file is not there", "", "Check data.path; it is relative to the spec's folder."
    elif isinstance(error, IsADirectoryError):
        what, why, fix = "this is a folder, not a data file", "", "Name one file in data.path."
    else:
        what, why, fix = "the data file cannot be read", str(error), "Check data.path and the file's permissions."
    raise DataError(what, why, fix, str(path)) from None
