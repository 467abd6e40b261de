"""A team's home: Prefect, MLflow and Luthier's tables on a real Postgres, artifacts on a real S3 service."""

import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import orjson
import psutil
import yaml
from chain import Home, write_spec
from postgres import Postgres
from s3_server import S3Service

from flows.server import prefect_home
from luthier.settings import Settings
from luthier.storage import read_json

PATIENCE_S = 240


class Team(Home):
    """`luthier up` for it, with addresses of its pages in `pages` once it is up."""

    def __init__(self, root: Path, postgres: Postgres, s3: S3Service, **environment: str):
        self.bucket = f"team-{uuid.uuid4().hex[:8]}"
        s3.create_bucket(self.bucket)
        databases = {name: f"{name}_{uuid.uuid4().hex[:8]}" for name in ("prefect", "mlflow", "luthier")}
        for name in databases.values():
            postgres.create(name)
        super().__init__(
            root,
            LUTHIER_PREFECT_DATABASE=postgres.url("asyncpg", databases["prefect"]),
            LUTHIER_MLFLOW_DATABASE=postgres.url("psycopg", databases["mlflow"]),
            LUTHIER_DATABASE=postgres.url("psycopg", databases["luthier"]),
            LUTHIER_MLFLOW_ARTIFACTS=f"s3://{self.bucket}/mlflow",
            LUTHIER_STORAGE_ENDPOINT=s3.endpoint,
            **s3.environment,
            **environment,
        )
        self.environment.pop("PREFECT_API_URL", None)
        self.pages: dict[str, str] = {}

    @contextmanager
    def up(self, *options: str) -> Iterator[Popen[str]]:
        """It and all it started are gone after the block."""
        with self.started("up", "--json", *options) as process:
            try:
                self.pages = first_json(process)
                assert "prefect" in self.pages, self.pages
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=120)

    @property
    def api(self) -> str:
        return f"{self.pages['prefect']}/api"

    def pid(self, service: str) -> int:
        """service: server, worker-1 … or mlflow."""
        folder = self.root / "mlflow" if service == "mlflow" else prefect_home(Settings(home=self.root))
        return read_json(folder / f"{'server' if service == 'mlflow' else service}.json")["pid"]

    def processes(self) -> list[psutil.Process]:
        """All that know this home, whoever started them."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("LUTHIER_HOME") == str(self.root):
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found


def tiny_spec(folder: Path, model: Path, name: str, **training: Any) -> dict[str, Any]:
    """As JSON would carry it to the server."""
    spec = yaml.safe_load(write_spec(folder, model, training={"max_steps": 4} | training).read_text())
    spec["data"]["path"] = str(folder / "data.jsonl")
    return spec | {"name": name}


def first_json(process: Popen[str]) -> dict[str, Any]:
    text, deadline = "", time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and not text.endswith("}\n"):
        text += process.stdout.readline()
        assert process.poll() is None, process.communicate()
    return orjson.loads(text)


def until(condition: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.3)
    return found
