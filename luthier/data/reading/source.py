"""One data file: what it is called, how its rows are counted, and its bytes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NoReturn

from luthier.data.reading.stream import PACKED, open_stream
from luthier.errors import DataError

TEXTS = (".txt", ".text", ".md", ".markdown", ".log")

UNITS = {
    ".jsonl": "line",
    ".ndjson": "line",
    ".json": "element",
    ".csv": "line",
    ".tsv": "line",
    ".parquet": "row",
    **dict.fromkeys(TEXTS, "line"),
    ".pdf": "passage",
    ".docx": "passage",
    ".sql": "row",
}
"""What a row is called in each kind of file, by its ending."""


@dataclass(frozen=True)
class Source:
    """`name` is for messages: the file's name, within its folder where there are several files.

    `weight`, `format` and `columns` are what the spec says of this file; the last may be empty.
    """

    path: Path
    name: str = ""
    weight: float = 1.0
    format: str = "auto"
    columns: dict[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.path.name)

    @property
    def kind(self) -> str:
        """The ending that says what is inside: .jsonl for data.jsonl.gz."""
        return kind_of(self.path)

    @property
    def unit(self) -> str:
        return UNITS.get(kind_of(Path(self.name)), "row")

    def where(self, number: int) -> str:
        """`data.jsonl:47`, or `data.parquet: row 47` where there are no lines."""
        return f"{self.name}:{number}" if self.unit == "line" else f"{self.name}: {self.unit} {number}"

    def open(self) -> BinaryIO:
        """Its bytes, unpacked where they are packed. Raises DataError when it is missing, unreadable or damaged."""
        try:
            return open_stream(self.path, self.name)
        except (OSError, ValueError) as error:
            refuse(self.path, error)


def kind_of(path: Path) -> str:
    """The last ending in small letters, but for one that says only how the file is packed."""
    ending = path.suffix.lower()
    return Path(path.stem).suffix.lower() if ending in PACKED else ending


def check_file(path: Path) -> None:
    """Raises DataError for what can be said of the file as a whole: missing, empty, not of a known kind."""
    from luthier.data.reading.disguise import check_content
    from luthier.data.reading.endings import check_ending

    check_there(path)
    check_ending(path)
    check_content(Source(path))


def check_there(path: Path) -> None:
    """Raises DataError for a path that is no plain file; opening a pipe or a device could wait for ever."""
    try:
        if path.is_dir():
            raise IsADirectoryError
        if not path.stat() or not path.is_file():
            why = "It is a pipe, a socket or a device"
            raise DataError("this is not a plain file", why, "Write the data to a file first.", str(path))
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        refuse(path, error)


def refuse(path: Path, error: OSError | ValueError) -> NoReturn:
    """Say for people why a file cannot be opened."""
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        what, why = "this link leads nowhere", f"It points to {path.readlink()}"
        fix = "Put the file there, or name another in data.path."
    elif isinstance(error, FileNotFoundError):
        what, why, fix = "the data file is not there", "", "Check data.path; it is relative to the spec's folder."
    elif isinstance(error, IsADirectoryError):
        what, why, fix = "this is a folder, not a data file", "", "Name one of its files here."
    elif getattr(error, "errno", None) == 40:  # ELOOP
        what, why, fix = "this link leads back to itself", "", "Name the file itself in data.path."
    else:
        what, why, fix = "the data file cannot be read", str(error), "Check data.path and the file's permissions."
    raise DataError(what, why, fix, str(path)) from None
