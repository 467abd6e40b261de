"""Runs of the deployment that wait for a person: suspended with a form, without a process, until somebody answers."""

import time

import pytest
import yaml
from browser import needs_browser, opened
from chain import PATIENCE_S, Home, working, write_spec
from rented_home import Api

from flows.up import deployments
from luthier import status
from luthier.approval_record import last, read
from luthier.run_folder import RunFolder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Waiting:
    """A home with a worker, and runs of it whose data have to be approved."""

    def __init__(self, folder, model, api):
        self.folder, self.model, self.api = folder, model, Api(api)
        self.home = Home(folder / "home", PREFECT_API_URL=api)

    def start(self, seed: int) -> tuple[str, RunFolder]:
        """Ask for a run and wait until it is suspended and its process gone; its flow run's id, and its folder."""
        from prefect.deployments import run_deployment

        wanted = {"training": {"max_steps": 2, "patience": None}, "data": {"approve": True}}
        spec = yaml.safe_load(write_spec(self.folder / str(seed), self.model, **wanted).read_text())
        spec["data"]["path"] = str(self.folder / str(seed) / "data.jsonl")
        flow_run = str(
            run_deployment("finetune/finetune", parameters={"spec": spec | {"name": f"s{seed}"}}, timeout=0).id
        )
        self.until(flow_run, "Suspended")
        (run,) = (RunFolder(path) for path in (self.home.root / "runs").glob(f"s{seed}-*"))
        assert not run.is_held() and read(run)["form"]["flow_run"] == flow_run
        told = status.standing(run)
        assert told and told["state"] == "waiting" and "luthier approve" in told["why"]
        return flow_run, run

    def until(self, flow_run: str, state: str) -> dict:
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.api.flow_run(flow_run)["state"])["name"] != state:
            over = found["type"] in ("FAILED", "CRASHED", "CANCELLED", "COMPLETED")
            assert not over and time.monotonic() < deadline, (found, self.log.read_text()[-3000:])
            time.sleep(0.2)
        return found

    @property
    def log(self):
        return self.folder / "worker.log"


@pytest.fixture(scope="module")
def home_of(tmp_path_factory, tiny_model, prefect_api):
    return Waiting(tmp_path_factory.mktemp("approval"), tiny_model, prefect_api)


@pytest.fixture
def waiting(home_of, in_prefect):
    in_prefect(home_of.home)
    deployments.deploy()
    with working(home_of.log):
        yield home_of


def test_answered_in_prefect_it_goes_on(waiting):
    from prefect.flow_runs import resume_flow_run

    flow_run, run = waiting.start(1)
    with pytest.raises(RuntimeError, match="name"):  # the server holds the form's rules
        resume_flow_run(flow_run, run_input={"decision": "approve"})
    resume_flow_run(flow_run, run_input={"decision": "approve", "name": "ada", "note": "fine"})
    waiting.until(flow_run, "Completed")
    word = last(run, "data")
    assert word and (word["by"], word["approved"], word["note"]) == ("ada", True, "fine")
    assert read(run)["form"] is None and read(run)["asked"] is None
    states = [task["state"]["name"] for task in waiting.api.of("task_runs", flow_run) if "validate" in task["name"]]
    assert sorted(states) == ["Cached", "Completed"]


def test_rejected_by_command_it_ends_as_cancelled(waiting):
    flow_run, run = waiting.start(2)
    said = waiting.home.luthier("approve", run.run_id, "--reject", "--as", "bob", "--note", "old")
    assert said.returncode == 0 and "Resumed in Prefect" in said.stderr, said.stderr
    assert "the data was rejected by bob" in waiting.until(flow_run, "Cancelled")["message"]
    assert [word["by"] for word in read(run)["words"]] == ["bob"], "the form's answer is the same word"
    told = status.standing(run)
    assert told and told["state"] == "cancelled"


@pytest.mark.browser
@needs_browser
def test_the_form_in_prefects_pages(waiting, prefect_api):
    flow_run, run = waiting.start(3)
    with opened(f"{prefect_api.removesuffix('/api')}/runs/flow-run/{flow_run}") as page:
        page.get_by_role("button", name="Resume").first.click(timeout=60_000)
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("fit to train on").wait_for(timeout=30_000)
        assert dialog.get_by_role("cell", name="120").count(), "the rows that were read, in a table"
        choice = dialog.locator(".p-select-button__control").first
        choice.press("ArrowDown")
        options = page.locator(".p-select-option")
        options.first.wait_for()
        assert options.all_inner_texts() == ["approve", "reject"]
        choice.press("Enter")
        dialog.locator("textarea").first.fill("cleo")
        dialog.get_by_role("button", name="Submit").click()
        waiting.until(flow_run, "Completed")
        assert not [url for url in page.requests if not url.startswith(("http://127.0.0.1", "data:", "blob:"))]
    word = last(run, "data")
    assert word and (word["by"], word["approved"]) == ("cleo", True)
