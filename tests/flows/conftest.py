"""A real Prefect server for all chains of a session, and one straight run to compare with."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chain import Home, write_spec

from flows import process, server
from luthier.settings import Settings


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory) -> Iterator[str]:
    settings = Settings(home=tmp_path_factory.mktemp("server"))
    os.environ |= server.QUIET
    yield server.start(settings)
    process.end_recorded(server.prefect_home(settings) / "server.json")


@pytest.fixture
def home(tmp_path, prefect_api) -> Home:
    return Home(tmp_path / "home", PREFECT_API_URL=prefect_api, PREFECT_HOME=str(tmp_path / "home" / "prefect"))


@pytest.fixture
def in_prefect(prefect_api, monkeypatch) -> Iterator[Callable[[Home], None]]:
    """Make this process one of a home: its variables, and Prefect's settings, which may have been read before."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogHandler
    from prefect.settings import PREFECT_API_URL, temporary_settings

    def enter(home: Home) -> None:
        for name, value in (server.environment(Settings(home=home.root)) | home.environment).items():
            monkeypatch.setenv(name, value)

    with temporary_settings({PREFECT_API_URL: prefect_api}):
        yield enter
        APILogHandler().flush()  # while the server is there: at exit both would wait for it for a minute
        EventsWorker.drain_all(timeout=10)


@pytest.fixture(scope="session")
def straight(tmp_path_factory, tiny_model, prefect_api) -> tuple[Home, Path, int]:
    """A run that nothing disturbed: its home, its spec, its exit code."""
    folder = tmp_path_factory.mktemp("straight")
    home = Home(folder / "home", PREFECT_API_URL=prefect_api)
    spec = write_spec(folder, tiny_model)
    done = home.luthier("run", spec, "--json")
    assert done.returncode in (0, 3, 4), done.stderr
    (folder / "stdout.json").write_text(done.stdout)
    (folder / "stderr.txt").write_text(done.stderr)
    return home, spec, done.returncode
