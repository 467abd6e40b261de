"""Where a run can be seen: what a browser can open comes before a file's path."""

import pytest

from luthier.places import flow_run_page, links
from luthier.run_folder import RunFolder
from luthier.storage import write_json, write_text

TRACKED = {"mlflow_run_id": "m1", "mlflow_experiment_id": "4", "synced_step": 9}


@pytest.fixture
def run(tmp_path):
    found = RunFolder(tmp_path / "home" / "runs" / "t-1")
    write_text(found.report / "report.html", "<p>")
    write_json(found.root / "prefect.json", {"prefect_flow_run_id": "f1", "prefect_api_url": "http://p:1/api"})
    return found


def targets(run):
    return {link.label: link.target for link in links(run)}


def test_without_a_server_the_report_is_a_file(run):
    write_json(run.tracking, TRACKED | {"mlflow_uri": "sqlite:////home/mlflow.db", "finished": "x"})
    assert targets(run) == {"Report": str(run.report / "report.html"), "Prefect": "http://p:1/runs/flow-run/f1"}
    assert [link.is_web for link in links(run)] == [False, True]


@pytest.mark.parametrize("server", ["the team's", "the home's"])
def test_the_report_is_where_mlflow_shows_it(run, tmp_path, server):
    address = "http://m:2" if server == "the team's" else "sqlite:////home/mlflow.db"
    if server == "the home's":
        write_json(tmp_path / "home" / "mlflow" / "server.json", {"pid": 1, "command": [], "url": "http://m:2"})
    write_json(run.tracking, TRACKED | {"mlflow_uri": address})
    page = "http://m:2/#/experiments/4/runs/m1"
    assert targets(run)["MLflow"] == page
    assert targets(run)["Report"] == str(run.report / "report.html"), "MLflow does not have it yet"
    write_json(run.tracking, TRACKED | {"mlflow_uri": address, "finished": "x"})
    assert targets(run)["Report"] == f"{page}/artifacts/report/report.html"


def test_nothing_is_made_up(tmp_path):
    assert links(RunFolder(tmp_path / "runs" / "t-1")) == []


def test_pages_of_a_server_lie_beside_its_api():
    assert flow_run_page("https://prefect.example/api/", "f") == "https://prefect.example/runs/flow-run/f"
