"""Recognisable secrets for an environment, and a search for them wherever a run leaves something.

planted = Planted("RUNPOD_API_KEY", "HF_TOKEN")
run(env={**os.environ, **planted.environment})
assert not planted.found_below(folder) and not planted.in_process_list() and not planted.found_in("stderr", text)
"""

import base64
import gzip
import secrets
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import psutil


class Leak(NamedTuple):
    """`where` a secret was found: a file, a table, a process; `form`: plain, base64, quoted, …"""

    where: str
    variable: str
    form: str


class Planted:
    """One secret for each variable. Every secret holds what addresses must quote: + / and =."""

    def __init__(self, *variables: str):
        self.environment = {name: f"plan/ted+{secrets.token_urlsafe(18)}=+/{name.lower()}" for name in variables}
        self.forms = [
            (form.encode(), Leak("", variable, name))
            for variable, value in self.environment.items()
            for name, form in _forms(value)
        ]

    def found_in(self, where: str, content: str | bytes) -> list[Leak]:
        """The secrets in a text or in bytes; `where` names it."""
        content = content.encode() if isinstance(content, str) else content
        return [leak._replace(where=where) for form, leak in self.forms if form in content]

    def found_below(self, folder: Path) -> list[Leak]:
        """The secrets in names and contents of all files below `folder`: archives and SQLite databases are opened."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return [leak for path in files for where, text in _contents(path) for leak in self.found_in(where, text)]

    def in_process_list(self) -> list[Leak]:
        """The secrets that anybody on this machine can read now, in the command lines of all processes."""
        lines = {process.pid: process.info["cmdline"] for process in psutil.process_iter(["cmdline"])}
        return [leak for pid, line in lines.items() for leak in self.found_in(f"process {pid}", "\0".join(line or ()))]


def _forms(value: str) -> Iterator[tuple[str, str]]:
    yield "plain", value
    yield "quoted", quote(value, safe="")
    yield "quoted", quote_plus(value)
    yield "quoted", quote(value)
    yield "hex", value.encode().hex()
    for before in range(3):  # three places in a longer text that was encoded, each without what neighbours change
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + value.encode()).decode()
            yield "base64", encoded[-(-before * 8 // 6) : len(encoded.rstrip("=")) - 2]


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Whatever a file holds, as (where, bytes); a file that is gone by now holds nothing."""
    yield f"{path} (name)", str(path).encode()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    yield str(path), content
    if content.startswith(b"SQLite format 3\0"):
        yield from _rows(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from ((f"{path}: {name}", archive.read(name)) for name in archive.namelist())
    elif content.startswith(b"\x1f\x8b"):
        yield f"{path} (unpacked)", gzip.decompress(content)


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    """Rows table by table: in the file itself, a long value is cut where a page ends."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str | bytes):
                        yield f"{path}: table {table}", value.encode() if isinstance(value, str) else value
