"""Endings of files that are read, and what to do with those that are not."""

from pathlib import Path

from luthier.data.reading.source import UNITS, kind_of
from luthier.errors import DataError

CONVERTED = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"), "Save the sheet as CSV."),
    **dict.fromkeys((".doc", ".odt", ".rtf", ".pages"), "Save it as .docx or .txt."),
    **dict.fromkeys((".html", ".htm", ".epub"), "Save its text as .md or .txt."),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz"), "Unpack it, and name what is inside."),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "Write the query to a .sql file, and name the database in a URL."),
    **dict.fromkeys((".arrow", ".feather", ".orc", ".avro", ".pkl", ".h5"), "Write it as Parquet."),
    **dict.fromkeys((".yaml", ".yml", ".xml"), "Convert it to .jsonl."),
}


def is_known(path: Path) -> bool:
    return kind_of(path) in UNITS


def check_ending(path: Path) -> None:
    """Raises DataError for an ending that no reader knows."""
    if is_known(path):
        return
    ending = kind_of(path)
    what = f'files that end in "{ending}" cannot be read' if ending else "the file's name has no ending"
    fix = CONVERTED.get(ending, "Convert the file, or give it the ending of what it is.")
    raise DataError(what, f"Known endings: {', '.join(UNITS)}, also packed: .gz, .zst", fix, str(path))
