"""A newcomer's path through Prefect's pages: fill the form, start, watch, cancel, start again, open the report."""

import json
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from browser import needs_browser, opened
from chain import PATIENCE_S, Home, write_spec

from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser, pytest.mark.timeout(900)]


@pytest.fixture
def up(tmp_path, monkeypatch):
    """`luthier up` with a home of its own, and the address of Prefect's pages."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    home = Home(tmp_path / "home", PREFECT_WORKER_QUERY_SECONDS="1")
    with home.started("up", "--json") as process:
        lines = iter(process.stdout.readline, "")
        yield home, json.loads("".join(line for line in _until_closed(lines)))["prefect"]
        process.terminate()
        process.communicate(timeout=60)


def _until_closed(lines):
    for line in lines:
        yield line
        if line.startswith("}"):
            return


def box(page, title: str):
    """The field below a title, which no label ties to it."""
    return page.locator(
        f"xpath=(//*[normalize-space(text())='{title}'])[1]/following::*[self::textarea or self::input][1]"
    )


def submit(page, form: str, values: dict[str, str]) -> None:
    page.goto(form)
    page.get_by_text("What the run is called").wait_for()
    until(lambda: filled(page, values))
    page.get_by_role("button", name="Submit").click()


def filled(page, values: dict[str, str]) -> bool:
    """Fill the boxes; whether the values stay, as a page that is still loading puts its own in their place."""
    for title, value in values.items():
        box(page, title).fill(value)
    page.wait_for_timeout(1000)
    return all(box(page, title).input_value() == value for title, value in values.items())


def until(found: Any, within_s: float = PATIENCE_S) -> Any:
    deadline = time.monotonic() + within_s
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return answer


def newest(address: str) -> dict[str, Any]:
    asked = {"sort": "EXPECTED_START_TIME_DESC", "limit": 1, "flows": {"name": {"any_": ["finetune"]}}}
    found = httpx.post(f"{address}/api/flow_runs/filter", json=asked).raise_for_status().json()
    return found[0] if found else {"id": "", "state_type": ""}


def page_of(address: str, run_id: str) -> dict[str, Any]:
    asked = {"artifacts": {"key": {"any_": [f"run-{run_id}"]}}, "sort": "CREATED_DESC", "limit": 1}
    found = httpx.post(f"{address}/api/artifacts/filter", json=asked).raise_for_status().json()
    return found[0] if found else {"data": ""}


def workers(home: Home) -> list[list[str]]:
    """Processes that hold a model of this home."""
    lines = (process.info["cmdline"] or [""] for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if "luthier.worker" in line and str(home.root) in line[-1]]


def test_a_newcomers_path(up, tiny_model, tmp_path):
    home, address = up
    write_spec(tmp_path, tiny_model)
    deployment = httpx.get(f"{address}/api/deployments/name/finetune/finetune").raise_for_status().json()
    form = f"{address}/deployments/deployment/{deployment['id']}/run"
    values = {"Name": "first", "Path": str(tmp_path / "data.jsonl"), "Base (Optional)": str(tiny_model)}
    values |= {"Epochs (Optional)": "100", "Max Steps (Optional)": "700"}
    with opened(address) as page:
        page.wait_for_url("**/dashboard*")

        submit(page, form, values | {"Epochs (Optional)": "1000"})
        page.get_by_text("spec.training.epochs").first.wait_for()

        submit(page, form, values)
        until(lambda: newest(address)["state_type"] == "RUNNING")
        until(lambda: list(home.root.glob("runs/*")))
        until(lambda: "Running: train, " in page_of(address, home.run.run_id)["data"])
        page.goto(f"{address}/artifacts/artifact/{page_of(address, home.run.run_id)['id']}")
        page.get_by_role("heading", name="Running: train").wait_for()
        until(home.steps)

        cancelled = newest(address)
        assert {"project:default", "creator:Prefect UI"} <= set(cancelled["tags"])
        page.goto(f"{address}/runs/flow-run/{cancelled['id']}")
        page.get_by_text("default · first · balanced").first.wait_for()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Confirm").click()
        until(lambda: not workers(home), within_s=60)
        until(lambda: newest(address)["state_name"] == "Cancelled")
        assert page_of(address, home.run.run_id)["data"].startswith("## Cancelled.")
        saved = max(home.steps())

        submit(page, form, values)
        until(lambda: newest(address)["id"] != cancelled["id"] and newest(address)["state_type"] == "COMPLETED")
        assert page_of(address, home.run.run_id)["data"].startswith("## Done")
        resumed = [json.loads(line) for line in home.run.events.read_text().splitlines() if '"resumed"' in line]
        assert [event["step"] for event in resumed] == [saved]

        page.goto((home.run.report / "report.html").as_uri())
        page.get_by_text(read_json(home.run.report / "report.json")["verdict"]["reason"]).first.wait_for()
        hosts = {urlsplit(each).hostname for each in page.requests if each.startswith("http")}
        assert hosts == {"127.0.0.1"}
