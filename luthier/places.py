"""Where a run can be seen."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from luthier.run_folder import RunFolder
from luthier.storage import read_json


class Link(BaseModel):
    """Somewhere to look: a web address, or a file's path, which only machines that share the disk can open."""

    label: str
    target: str

    @property
    def is_web(self) -> bool:
        return self.target.startswith(("http://", "https://"))


def links(run: RunFolder) -> list[Link]:
    """Report, Prefect's page and MLflow's, as far as they are there. Browsers open no file from a page of a server,
    so the report is where MLflow shows it, if it does.
    """
    address, report = _mlflow(run), run.report / "report.html"
    found = {
        "Report": f"{address}/artifacts/report/report.html" if address and _has_report(run) else _path(report),
        "Prefect": _prefect(run),
        "MLflow": address,
    }
    return [Link(label=label, target=target) for label, target in found.items() if target]


def flow_run_page(api_url: str, flow_run: str) -> str:
    """The page of a flow run on the server that has this API address."""
    return f"{pages(api_url)}/runs/flow-run/{flow_run}"


def pages(api_url: str) -> str:
    """Where people look at the server that has this API address."""
    return api_url.rstrip("/").removesuffix("/api")


def _path(file: Path) -> str:
    return str(file) if file.exists() else ""


def _prefect(run: RunFolder) -> str:
    told = _read(run.root / "prefect.json")
    return flow_run_page(told["prefect_api_url"], told["prefect_flow_run_id"]) if told else ""


def _mlflow(run: RunFolder) -> str:
    """The page of its MLflow run: on the server that took it, else on the one that `luthier up` keeps for its home."""
    told, kept = _read(run.tracking), _read(run.root.parent.parent / "mlflow" / "server.json")
    taken = told.get("mlflow_uri", "")
    server = taken if taken.startswith("http") else kept.get("url", "")
    if not server or "mlflow_experiment_id" not in told:
        return ""
    return f"{server.rstrip('/')}/#/experiments/{told['mlflow_experiment_id']}/runs/{told['mlflow_run_id']}"


def _has_report(run: RunFolder) -> bool:
    """Whether MLflow has all of it."""
    return "finished" in _read(run.tracking)


def _read(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}
