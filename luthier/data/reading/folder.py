"""The data files below a folder, and why the others are left out."""

import os
from pathlib import Path

from luthier.data.reading.endings import is_known
from luthier.data.reading.source import UNITS, kind_of
from luthier.errors import DataError

ABOUT = ("readme", "license", "licence", "changelog", "contributing", "notice")
"""Files of this name are about the data and no data, if there are other ones."""


def files_below(folder: Path) -> tuple[list[Path], list[str]]:
    """All files of a known kind in the order of their names, and a sentence for each that is not read.

    Raises DataError when there is none.
    """
    found: list[Path] = []
    skipped: list[str] = []
    for path in _all_below(folder, skipped):
        reason = _reason(path, folder)
        if reason:
            skipped.append(f"{path.relative_to(folder)} is not read: {reason}")
        else:
            found.append(path)
    data = [path for path in found if not _is_about(path)]
    if data:
        told = "it is about the data, to go by its name"
        skipped += [f"{path.relative_to(folder)} is not read: {told}" for path in found if path not in set(data)]
        return data, skipped
    if not found:
        raise _nothing(folder, skipped)
    return found, skipped


def _all_below(folder: Path, skipped: list[str]) -> list[Path]:
    """Files and links, hidden ones too; links to folders are not followed."""

    def unreadable(error: OSError) -> None:
        skipped.append(f"{error.filename} is not read: {error.strerror}")

    paths: list[Path] = []
    for root, folders, files in os.walk(folder, onerror=unreadable):
        paths += [Path(root, name) for name in files]
        paths += [Path(root, name) for name in folders if Path(root, name).is_symlink()]
        hidden = [name for name in folders if name.startswith(".")]
        skipped += [f"{Path(root, name).relative_to(folder)} is not read: the folder is hidden" for name in hidden]
        folders[:] = [name for name in folders if not name.startswith(".")]
    return sorted(paths, key=lambda path: path.relative_to(folder).parts)


def _reason(path: Path, folder: Path) -> str:
    """Why it is not read; "" where it is."""
    if path.name.startswith("."):
        return "it is hidden"
    if path.is_symlink():
        return _link_reason(path, folder)
    if not path.is_file():
        return "it is no plain file"
    if kind_of(path) == ".sql":
        return "a query is only asked when it is named itself"
    if not is_known(path):
        return f'files that end in "{kind_of(path)}" are not known' if path.suffix else "its name has no ending"
    return "" if path.stat().st_size else "it is empty"


def _link_reason(path: Path, folder: Path) -> str:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop, in Python 3.11 and 3.12
        return "it is a link that leads nowhere"
    if not target.is_relative_to(folder.resolve()):
        return "it is a link that leads out of the folder"
    return "it is a link to another place in the folder"


def _is_about(path: Path) -> bool:
    return path.name.partition(".")[0].lower() in ABOUT


def _nothing(folder: Path, skipped: list[str]) -> DataError:
    what = "the folder holds no data file" if skipped else "the folder is empty"
    shown = "; ".join(skipped[:10]) + (f"; and {len(skipped) - 10} more" if len(skipped) > 10 else "")
    return DataError(what, shown, f"Files that are read end in {', '.join(UNITS)}.", str(folder))
