"""The rows of a query, kept in a file: an interrupted run goes on with the same ones."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus
from uuid import UUID

from luthier.data.reading.query import check_query
from luthier.data_spec import DataSpec
from luthier.errors import DataError
from luthier.storage import sha256_json, write_jsonl

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

BATCH = 1000

SAME_START = timedelta(minutes=5)
"""An answer is used again for as long at least, so that all stages of one start see the same rows."""

_STAMP = "%Y%m%dT%H%M%SZ"
_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}


def answer(path: Path, data: DataSpec, home: Path) -> Path:
    """The file in `home/queries` with the query's rows, JSON Lines; younger than `data.refresh_hours`, or asked anew.

    Raises DataError. No message holds the database's URL.
    """
    query = check_query(_text(path), path.name)
    folder = home / "queries" / sha256_json([query, data.database])[:32]
    newest = _newest(folder)
    now = datetime.now(UTC)
    if newest and now - _stamp(newest) < max(timedelta(hours=data.refresh_hours), SAME_START):
        return newest
    target = folder / f"{now.strftime(_STAMP)}.jsonl"
    with _connected(_url(data.database, path.name), path.name) as connection:
        write_jsonl(target, _rows(connection, query, path.name))
    target.chmod(0o600)  # it holds texts as they are, personal data among them
    return target


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"byte {error.start + 1} is not UTF-8"
        raise DataError(what, "", "Save the query as UTF-8.", path.name) from None


def _newest(folder: Path) -> Path | None:
    found = sorted(path for path in folder.glob("*.jsonl") if re.fullmatch(r"\d{8}T\d{6}Z", path.stem))
    return found[-1] if found else None


def _stamp(path: Path) -> datetime:
    return datetime.strptime(path.stem, _STAMP).replace(tzinfo=UTC)


def _url(variable: str, where: str) -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    text = os.environ.get(variable, "").strip()
    if not text:
        fix = f"Run export {variable}='postgresql+psycopg://user:password@host/database', with your own values."
        raise DataError(f"the variable {variable} is not set", "It holds the database's URL", fix, where)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # their messages may hold the URL
        fix = "Write it as dialect+driver://user:password@host/database, special characters as %40 and the like."
        raise DataError(f"{variable} holds no SQLAlchemy URL", "", fix, where) from None
    if _is_missing(url):
        raise DataError(f"the database that {variable} names is not there", "", "Check the path in it.", where)
    return url


def _is_missing(url: "URL") -> bool:
    """SQLite makes an empty database where there is none."""
    name = url.database or ""
    is_file = url.get_backend_name() == "sqlite" and name not in ("", ":memory:") and not name.startswith("file:")
    return is_file and not Path(name).is_file()


@contextmanager
def _connected(url: "URL", where: str) -> Iterator["Connection"]:
    """A connection that only reads, as far as the database can promise it; nothing is ever committed."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        with engine.connect() as connection:
            if statement := _READ_ONLY.get(engine.dialect.name):
                connection.exec_driver_sql(statement)
            try:
                yield connection
            finally:
                with suppress(SQLAlchemyError):
                    connection.rollback()
    except ImportError as error:
        fix = f"Install the driver: pip install {error.name or 'it'}."
        raise DataError("the database's driver is not installed", str(error), fix, where) from None
    except SQLAlchemyError as error:
        raise DataError("the database does not answer the query", _told(error, url), _fix(error), where) from None


def _rows(connection: "Connection", query: str, where: str) -> Iterator[dict[str, Any]]:
    streamed = connection.execution_options(stream_results=True, yield_per=BATCH)
    result = streamed.exec_driver_sql(query)
    names = list(result.keys())
    if twice := {name for name in names if names.count(name) > 1}:
        shown = ", ".join(sorted(twice))
        raise DataError(f"two columns are named {shown}", "", "Give each its own name with AS.", where)
    for number, row in enumerate(result, start=1):
        yield _row(names, row, f"{where}: row {number}")


def _row(names: Sequence[str], row: Sequence[Any], where: str) -> dict[str, Any]:
    return {name: _value(value, name, where) for name, value in zip(names, row, strict=True)}


def _value(value: Any, name: str, where: str) -> Any:
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta | UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [_value(each, name, where) for each in value]
    if isinstance(value, dict):
        return {str(key): _value(each, name, where) for key, each in value.items()}
    what = f'"{name}" holds {"bytes" if isinstance(value, bytes | memoryview) else type(value).__name__}, not text'
    raise DataError(what, "", "Leave the column out of the query, or cast it to text in it.", where)


def _told(error: Exception, url: "URL") -> str:
    """The driver's first line, without anything of the URL that is secret."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    text = (lines[0] if lines else type(error).__name__)[:300]
    if url.render_as_string(hide_password=False) in text:
        text = type(error).__name__
    secrets = [str(url.password or ""), *(str(value) for value in url.query.values())]
    for secret in sorted({form for each in secrets if each for form in (each, quote(each), quote_plus(each))}, key=len):
        text = text.replace(secret, "***")
    return text


def _fix(error: Exception) -> str:
    from sqlalchemy.exc import InterfaceError, NoSuchModuleError, OperationalError

    if isinstance(error, NoSuchModuleError):
        return "Check the dialect at the URL's beginning, and install its driver."
    if isinstance(error, OperationalError | InterfaceError):
        return "Try the query in the database's own client, and check the URL, the network and your rights."
    return "Try the query in the database's own client first."
