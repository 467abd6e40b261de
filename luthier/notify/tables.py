"""The tables `messages` and `deliveries` in Luthier's database: SQLite in the home, or a team's Postgres."""

import time
from functools import cache
from pathlib import Path

from sqlalchemy import Column, Engine, Float, Integer, MetaData, Table, Text, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError

from luthier.errors import HomeError
from luthier.secrets import without_secrets

VERSION = 1
"""Of the tables; raised when their columns change."""

SQLITE = "sqlite:///"
PATIENCE_S = 15

METADATA = MetaData()

SCHEMA = Table(
    "notify_schema", METADATA, Column("version", Integer, primary_key=True), Column("since", Float, nullable=False)
)

MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("run_id", Text, nullable=False, index=True),
    Column("project", Text, nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("body", Text, nullable=False),  # Message as JSON
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("message", Text, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("person", Text, nullable=False),  # empty: nobody in particular
    Column("address", Text, nullable=False),  # empty: the channel's own
    Column("state", Text, nullable=False, index=True),  # waiting, sent, given_up
    Column("due", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claimed_by", Text, nullable=False, default=""),
    Column("claimed_until", Float, nullable=False, default=0.0),
    Column("sent_at", Float),
    Column("error", Text, nullable=False, default=""),
)
"""Times are seconds since 1970."""


@cache
def engine(url: str) -> Engine:
    """Connect, and make the tables where they are missing. Raises HomeError where a newer Luthier made them."""
    connected = create_engine(url, pool_pre_ping=True)
    if url.startswith(SQLITE):
        Path(url.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        event.listen(connected, "connect", _several_processes)
    _make(connected)
    with connected.connect() as connection:
        found = connection.scalars(select(SCHEMA.c.version)).one()
    if found > VERSION:
        why = f"Its messages have version {found}, this Luthier knows {VERSION}"
        raise HomeError("the database belongs to a newer Luthier", why, "Update Luthier.", without_secrets(url))
    return connected


def _several_processes(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_S * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _make(connected: Engine) -> None:
    """Another process may do so at the same moment, and one of the two is refused: it looks again."""
    for left in (2, 1, 0):
        try:
            METADATA.create_all(connected)
            with connected.begin() as connection:
                if connection.scalars(select(SCHEMA.c.version)).first() is None:
                    connection.execute(insert(SCHEMA).values(version=VERSION, since=time.time()))
            return
        except DBAPIError:
            if not left:
                raise
            time.sleep(0.2)
