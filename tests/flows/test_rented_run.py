"""One run on rented pods, evicted in training: what Prefect, MLflow and the report say of it."""

import re
import time

import pytest
from chain import PATIENCE_S
from rented_home import LONG, Api, RentedHome, cloud_of, rented_spec

from luthier.compute.pods.record import Records
from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.cloud.market import Gpu, Market
from luthier.storage import read_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STEPS = LONG["max_steps"]
DEAR = Gpu("NVIDIA L40S", "L40S", 48, 400, 300, 200, 100)
"""So dear that seconds cost cents, which can be seen."""


class Evicted:
    """What was seen while the run went on, and what it left."""

    def __init__(self, home: RentedHome, api: Api):
        self.home, self.api = home, api
        self.lines: list[str] = []
        self.flow_run = ""

    def watch(self, process) -> None:
        """Collect the lines that the newest progress artifact of training shows, until the run ends."""
        while process.poll() is None:
            shown = self.api.of("artifacts", self.home.flow_run)
            lines = [each["description"] for each in shown if (each["key"] or "").startswith("progress-train")]
            self.lines += [line for line in lines if line not in self.lines]
            time.sleep(0.3)


@pytest.fixture(scope="module")
def evicted(tmp_path_factory, tiny_model, prefect_api) -> Evicted:
    folder, account = tmp_path_factory.mktemp("rented"), Account(balance=1000)
    with cloud_of(folder, account=account, market=Market((DEAR,))) as cloud:
        home = RentedHome(folder / "home", cloud, PREFECT_API_URL=prefect_api)
        found = Evicted(home, Api(prefect_api))
        spec = rented_spec(folder, tiny_model, training=LONG)
        with home.started("run", spec) as process:
            home.at_step(20, process)
            cloud.evict(home.pod.id, 0)
            found.watch(process)
            _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode in (0, 3, 4), err
        assert cloud.running_pods() == [] and cloud.overlaps("luthier-") == []
    return found


def test_train_goes_through_awaiting_retry(evicted):
    train = evicted.api.task_run(evicted.home.flow_run, "train")
    assert evicted.api.states(train["id"]) == ["Pending", "Running", "AwaitingRetry", "Retrying", "Completed"]
    assert train["run_count"] == 2
    assert evicted.api.flow_run(evicted.home.flow_run)["state"]["name"] == "Completed"


def test_the_resumed_step_is_logged_and_shown_while_it_runs(evicted):
    (resumed,) = [event for event in evicted.home.events("resumed") if event["step"]]
    step = resumed["step"]
    assert step >= 20
    logs = evicted.api.of("logs", evicted.home.flow_run, limit=200)
    assert any(line["message"].startswith(f"resumed at step {step} from") for line in logs)
    assert any("was taken back" in line["message"] for line in logs)
    told = re.compile(
        rf"train: \d+/{STEPS} step loss [\d.]+ · \d+ (s|min) left · interrupted 1×, resumed at step {step}"
        r" · \$\d+\.\d\d so far"
    )
    assert any(told.fullmatch(line) for line in evicted.lines), evicted.lines


def test_one_mlflow_run_from_first_to_last(evicted):
    from mlflow import MlflowClient

    tracking = read_json(evicted.home.run.tracking)
    client = MlflowClient(tracking["mlflow_uri"])
    (run,) = client.search_runs([e.experiment_id for e in client.search_experiments()])
    assert (run.info.run_id, run.info.status) == (tracking["mlflow_run_id"], "FINISHED")
    steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "train_loss")]
    assert steps == list(range(1, STEPS + 1))


def test_the_report_tells_the_interruption_and_the_cost(evicted):
    report = read_json(evicted.home.run.report / "report.json")
    (interruption,) = report["interruptions"]
    assert interruption["stage"] == "train" and "Outbid" in interruption["cause"]
    assert interruption["resumed_after_s"] > 0
    cost = report["cost"]
    assert 0 < cost["actual"] < 100 and cost["estimated"] > 0
    bill = evicted.home.cloud.bill()["total"]
    assert bill <= cost["actual"] + 0.01 and cost["actual"] < 1.5 * bill


def test_every_pod_is_on_record_as_ended(evicted):
    first, second = Records(evicted.home.run).all()
    assert first.evicted and not second.evicted
    assert first.ended_at and second.ended_at
    assert second.end_cause == "Nothing is left for it to do"
