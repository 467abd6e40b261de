"""The files that a spec names: found, named, and hashed together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from luthier.data.reading.endings import check_ending
from luthier.data.reading.folder import files_below
from luthier.data.reading.source import Source, check_there, kind_of, refuse
from luthier.data_spec import DataSpec
from luthier.errors import DataError
from luthier.storage import sha256_file, sha256_json


class Sources(list[Source]):
    """`skipped` tells what of the folders is not read, and why; one sentence a file."""

    def __init__(self, files: Sequence[Source], skipped: Sequence[str]):
        super().__init__(files)
        self.skipped = list(skipped)


def sources(data: DataSpec, home: Path) -> Sources:
    """Every file of `data.path` and `data.more`, in their order; of a folder, all below it in the order of names.

    The query of a .sql file is answered from `home/queries`, or asked of its database when that is too old.
    Raises DataError for a path that holds nothing to read, and for a file that is named twice.
    """
    files: list[Source] = []
    skipped: list[str] = []
    for named in (Source(data.path, format=data.format, columns=dict(data.columns)), *_further(data)):
        found, left_out = _files(named, data, home)
        files += found
        skipped += left_out
    _check_twice(files)
    return Sources(_named_apart(files), skipped)


def content_sha256(files: Sequence[Source]) -> str:
    """Hash of what is in the files: of one that of its bytes, of several one over all, each with how it is read."""
    if len(files) == 1:
        return _sha256(files[0].path)
    return sha256_json(
        [[each.name, _sha256(each.path), each.weight, each.format, sorted(each.columns.items())] for each in files]
    )


def _further(data: DataSpec) -> list[Source]:
    return [Source(more.path, weight=more.weight, format=more.format, columns=dict(more.columns)) for more in data.more]


def _files(named: Source, data: DataSpec, home: Path) -> tuple[list[Source], list[str]]:
    try:
        is_folder = named.path.is_dir()
    except (OSError, ValueError) as error:
        refuse(named.path, error)
    if is_folder:
        found, skipped = files_below(named.path)
        return [replace(named, path=path, name=str(path.relative_to(named.path))) for path in found], skipped
    check_there(named.path)
    check_ending(named.path)
    if kind_of(named.path) == ".sql":
        from luthier.data.reading.sql import answer

        answered = answer(named.path, data, home)
        told = f"{named.name}: read is the database's answer of {answered.stem} (UTC); data.refresh_hours: 0 asks again"
        return [replace(named, path=answered)], [f"{told}."]
    return [named], []


def _check_twice(files: list[Source]) -> None:
    """A row that is read twice could be in training and in the test."""
    seen: set[Path] = set()
    for source in files:
        path = source.path.resolve()
        if path in seen:
            fix = "Name it once; data.more takes a weight, such as weight: 2."
            raise DataError("the file is named twice", "Its rows would be learned and tested at once", fix, str(path))
        seen.add(path)


def _named_apart(files: list[Source]) -> list[Source]:
    """Files of one name in different folders get as much of their folders before it as tells them apart."""
    for parents in range(1, 20):
        count = Counter(source.name for source in files)
        if all(number == 1 for number in count.values()):
            break
        files = [
            replace(source, name="/".join(source.path.parts[-1 - parents :])) if count[source.name] > 1 else source
            for source in files
        ]
    return files


def _sha256(path: Path) -> str:
    check_there(path)
    try:
        return sha256_file(path)
    except (OSError, ValueError) as error:
        refuse(path, error)
