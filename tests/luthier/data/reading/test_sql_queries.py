"""Queries: answered once, kept, and unable to change or to betray anything."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from luthier.data.reading.read import read
from luthier.data.reading.sources import content_sha256, sources
from luthier.data_spec import DataSpec
from luthier.errors import DataError

VARIABLE = "LUTHIER_SQL_URL"


@pytest.fixture
def database(tmp_path, monkeypatch):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "create table t (prompt text, completion text, n integer, price decimal, day date, raw blob)"
        )
        connection.execute(
            "insert into t values ('a', 'b', 1, 1.5, '2024-01-02', x'ff'), ('c', null, 2, 2, null, null)"
        )
    connection.close()
    monkeypatch.setenv(VARIABLE, f"sqlite:///{path}")
    return path


@pytest.fixture
def ask(tmp_path):
    def asked(query: str | bytes, **values):
        path = tmp_path / "q.sql"
        path.write_bytes(query if isinstance(query, bytes) else query.encode())
        return sources(DataSpec(path=path, **values), tmp_path / "home")

    return asked


REFUSED = {  # name: (query, part of the message)
    "nothing": ("", "holds no query"),
    "a comment": ("-- select 1", "holds no query"),
    "two statements": ("select 1; select 2", "several statements"),
    "a hidden second statement": ("select 1 /* ; */ ; drop table t", "several statements"),
    "DELETE": ("delete from t", "begins with delete"),
    "INSERT": ("insert into t select * from t", "begins with insert"),
    "PRAGMA": ("pragma journal_mode = off", "begins with pragma"),
    "EXPLAIN": ("explain select 1", "begins with explain"),
    "DELETE within WITH": ("with x as (delete from t returning *) select * from x", "the word DELETE"),
    "SELECT INTO": ("select * into u from t", "the word INTO"),
    "a comment in a word": ("select * from t where 1 /**/ update /**/", "the word UPDATE"),
    "a text that ends twice": (r"select E'\''; commit; delete from t; --'", r"the query holds \'"),
    "a comment that is run": ("select 1 /*! into outfile 'x' */", "the query holds /*!"),
    "a comment that MySQL reads as code": ("select 1 --1 into outfile '/tmp/x'", "the query holds --"),
    "the same behind a line": ("select 1\n--1 into outfile '/tmp/x'", "the query holds --"),
    "a line of dashes": ("-----\nselect 1", "the query holds --"),
    "a file to write, in a comment": ("select 1 -- into  outfile '/tmp/x'", "the word INTO OUTFILE"),
    "a file to write": ("select 1 INTO\nDUMPFILE '/tmp/x'", "the word INTO"),
    "a quote in a comment of MySQL": ("select 1 # '\ninto outfile '/tmp/x'", "the word INTO"),
    "a quote in a subscript": ("select a['] ']; delete from t; -- '", "several statements"),
    "a tag that is a name": ("select 1 as $$ into outfile '/tmp/x' -- $$", "the word INTO"),
    "a comment in a comment": ("select 1 /* /* */ ' */ ; delete from t -- '", "/* within /*"),
    "a comment that MariaDB runs": ("select 1 /*M! into outfile 'x' */", "the query holds /*M!"),
    "an extension": ("select load_extension('x')", "the word LOAD_EXTENSION"),
    "not UTF-8": (b"select '\xff'", "byte 9 is not UTF-8"),
    "broken": ("select from where", "does not answer the query. near"),
    "a missing table": ("select * from nowhere", "no such table: nowhere"),
    "a missing column": ("select wrong from t", "no such column: wrong"),
    "a text left open": ("select 'x", "does not answer the query"),
    "bytes": ("select prompt, raw from t", 'q.sql: row 1: "raw" holds bytes'),
    "columns twice": ("select prompt, prompt from t", "two columns are named prompt"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(database, ask, tmp_path, case):
    query, message = REFUSED[case]
    before = database.read_bytes()
    with pytest.raises(DataError) as caught:
        ask(query)
    assert message in str(caught.value) and "q.sql" in str(caught.value)
    assert database.read_bytes() == before
    assert not list((tmp_path / "home").rglob("*.jsonl"))


SOUND = {
    "a semicolon at the end": "select prompt, completion from t;\n",
    "WITH": "with x as (select * from t) select prompt, completion from x",
    "comments": "-- first; drop\n/* delete */ select prompt, completion from t -- end;",
    "words in quotes": "select prompt, completion from t where prompt <> 'delete; drop'",
    "a colon and a percent sign": "select prompt, completion from t where prompt not like '%:x%'",
    "such words in quotes": "select prompt, completion from t where prompt <> '--1 into outfile /* /* # $$ ['",
    "a comment without words": "--\nselect prompt, completion from t --",
    "a name in brackets": "select [prompt], completion from t",
    "a byte order mark": b"\xef\xbb\xbfselect prompt, completion from t",
    "brackets": "(select prompt, completion from t)"[1:-1],
}


@pytest.mark.parametrize("case", SOUND)
def test_rows_are_read_from_the_answer(database, ask, case):
    (source,) = ask(SOUND[case])
    assert source.name == "q.sql" and source.where(2) == "q.sql: row 2"
    assert [record.value for record in read(source)] == [
        {"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": None},
    ]  # fmt: skip


def test_numbers_and_dates(database, ask):
    (source,) = ask("select n, price, day from t")
    assert [record.value for record in read(source)] == [
        {"n": 1, "price": 1.5, "day": "2024-01-02"}, {"n": 2, "price": 2, "day": None},
    ]  # fmt: skip


def test_values_of_other_databases():
    from datetime import date, time
    from decimal import Decimal
    from uuid import UUID

    from luthier.data.reading.sql import _value

    told = {
        Decimal("2.50"): 2.5, Decimal("1E+2"): 100, 2**70: str(2**70), date(2024, 1, 2): "2024-01-02",
        time(3, 4): "03:04:00", datetime(2024, 1, 2, 3): "2024-01-02T03:00:00", UUID(int=1): str(UUID(int=1)),
        timedelta(hours=1): "1:00:00",
    }  # fmt: skip
    assert {value: _value(value, "x", "here") for value in told} == told
    assert _value({"a": [Decimal(1)]}, "x", "here") == {"a": [1]}


def test_an_answer_is_used_again_until_it_is_old(database, ask):
    (first,) = ask("select n from t")
    with sqlite3.connect(database) as connection:
        connection.execute("delete from t")
    connection.close()
    (second,) = ask("select n from t")
    assert second.path == first.path and content_sha256([first]) == content_sha256([second])
    old = datetime.now(UTC) - timedelta(hours=25)
    first.path.rename(first.path.with_name(old.strftime("%Y%m%dT%H%M%SZ.jsonl")))
    (third,) = ask("select n from t")
    assert not list(read_all(third))
    (kept,) = ask("select n from t", refresh_hours=100)
    assert kept.path == third.path


def read_all(source):
    return source.path.read_bytes().splitlines()


def test_two_queries_and_two_variables_have_their_own_answers(database, ask, monkeypatch):
    monkeypatch.setenv("OTHER", os.environ[VARIABLE])
    paths = {
        ask(query, database=name)[0].path.parent
        for query in ("select n from t", "select 1 as n")
        for name in (VARIABLE, "OTHER")
    }
    assert len(paths) == 4


URLS = {  # name: (URL, part of the message)
    "none": ("", f"export {VARIABLE}="),
    "blank": ("  ", "is not set"),
    "no URL": ("hunter2-secret", "holds no SQLAlchemy URL"),
    "a port that is none": ("postgresql://u:hunter2-secret@host:port/db", "holds no SQLAlchemy URL"),
    "an unknown database": ("oddbase://u:hunter2-secret@host/db", "does not answer"),
    "a missing driver": ("postgresql+pg8000://u:hunter2-secret@host/db", "pip install"),
    "a missing file": ("sqlite:////nowhere/hunter2-secret.db", "is not there"),
    "a folder": ("sqlite:////tmp", "is not there"),
}


@pytest.mark.parametrize("case", URLS)
def test_no_message_betrays_the_url(ask, monkeypatch, case):
    url, message = URLS[case]
    monkeypatch.setenv(VARIABLE, url)
    with pytest.raises(DataError) as caught:
        ask("select 1 as n")
    assert message in str(caught.value) and "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_driver_that_tells_the_password_is_not_quoted():
    from sqlalchemy import make_url

    from luthier.data.reading.sql import _told

    url = make_url("postgresql://u:p%40ss@host/db?sslpassword=other")
    assert _told(Exception("no entry for p@ss p%40ss other"), url) == "no entry for *** *** ***"
    assert _told(Exception(f"cannot reach {url.render_as_string(hide_password=False)}"), url) == "Exception"


def test_a_file_that_is_no_database(tmp_path, ask, monkeypatch):
    (tmp_path / "x.db").write_bytes(b"no database at all, but long enough to be looked at" * 50)
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(DataError, match="not a database"):
        ask("select * from t")


def test_the_database_itself_refuses_to_be_changed(database):
    from sqlalchemy import make_url

    from luthier.data.reading.sql import _connected

    with pytest.raises(DataError) as caught, _connected(make_url(os.environ[VARIABLE]), "q.sql") as connection:
        connection.exec_driver_sql("delete from t")
    assert "readonly" in str(caught.value)
