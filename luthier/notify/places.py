"""Where a run can be seen."""

from typing import Any

from luthier.notify.message import Link
from luthier.run_folder import RunFolder
from luthier.storage import read_json


def links(run: RunFolder) -> list[Link]:
    """Report, Prefect's page and MLflow's, as far as they are there."""
    known = [_prefect(run), _mlflow(run)]
    report = run.report / "report.html"
    local = Link(label="Report", target=str(report)) if report.exists() else None
    return [link for link in (local, *known) if link]


def flow_run_page(api_url: str, flow_run: str) -> str:
    """The page of a flow run on the server that has this API address."""
    return f"{api_url.rstrip('/').removesuffix('/api')}/runs/flow-run/{flow_run}"


def _prefect(run: RunFolder) -> Link | None:
    told = _read(run.root / "prefect.json")
    if not told:
        return None
    return Link(label="Prefect", target=flow_run_page(told["prefect_api_url"], told["prefect_flow_run_id"]))


def _mlflow(run: RunFolder) -> Link | None:
    told = _read(run.tracking)
    uri, experiment = told.get("mlflow_uri", ""), told.get("mlflow_experiment_id")
    if not uri.startswith("http") or experiment is None:
        return None
    return Link(label="MLflow", target=f"{uri.rstrip('/')}/#/experiments/{experiment}/runs/{told['mlflow_run_id']}")


def _read(path: Any) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}
