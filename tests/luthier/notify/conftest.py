"""A home whose luthier.toml names real receivers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from receivers import Post, Web, post, web

from luthier.settings import Settings


@pytest.fixture
def hook() -> Iterator[Web]:
    with web() as server:
        yield server


@pytest.fixture
def slack(monkeypatch) -> Iterator[Web]:
    with web() as server:
        monkeypatch.setenv("TEAM_WEBHOOK", f"{server.url}/services/T0/B0/very-secret")
        yield server


@pytest.fixture
def mail(tmp_path, monkeypatch) -> Iterator[Post]:
    with post(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        monkeypatch.setenv("MAIL_PASSWORD", "right-horse")
        yield server


@pytest.fixture
def home(tmp_path, monkeypatch) -> Callable[..., Settings]:
    """Settings with these sections, as of a luthier.toml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LUTHIER_HOME", raising=False)

    def settings(**sections: Any) -> Settings:
        return Settings(home=tmp_path / "home", **sections)

    return settings
