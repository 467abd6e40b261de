"""report: the proof, as HTML, PDF and JSON, and the adapter in a ZIP and in the registry."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.states import State

from luthier import facts, reporting
from luthier.compute.publish import publish
from luthier.delivery.package import write_package
from luthier.errors import LuthierError
from luthier.run import Run
from luthier.secrets import without_secrets
from tasks import artifacts
from tasks.pods import is_rented, rented_pods
from tasks.stage import run_stage
from tasks.track import tolerant_tracker
from tasks.watch import Watcher


@task(name="report", cache_policy=NO_CACHE)
def report(run: Run) -> State[None]:
    """Write `report/` and `package.zip`: the proof and the adapter to hand on."""
    return run_stage(run, "report", lambda watcher: _work(run, watcher))


def _work(run: Run, watcher: Watcher) -> dict[str, Any]:
    found = facts.gather(run)
    found["links"] = links(run)
    written = reporting.build(run.folder, run.spec, found)
    write_package(run.folder, run.spec)
    if is_rented(run):
        _publish(run, watcher)
    verdict = written["verdict"]
    page = run.folder.report / "report.html"
    artifacts.link(f"report-{run.folder.run_id}", page.as_uri(), "Report", verdict["reason"])
    artifacts.markdown(f"summary-{run.folder.run_id}", f"# {verdict['label']}\n\n{verdict['reason']}\n\n`{page}`")
    watcher.say(f"written to {page}")
    return {"verdict": verdict["label"], "adapter_sha256": written["adapter_sha256"]}


def _publish(run: Run, watcher: Watcher) -> None:
    """Beside the checkpoints, for others to find; a storage that is away now does not undo what was proved."""
    remote = rented_pods(run).remote
    try:
        publish(remote, run.folder)
        watcher.say(f"kept in {remote.bucket.uri}/{remote.root}")
    except LuthierError as error:
        watcher.say(f"warning: not copied into the storage: {error}")


def links(run: Run) -> dict[str, str | None]:
    """Where this run can be seen besides the report."""
    from prefect.runtime import flow_run

    tracking = tolerant_tracker(run, lambda tracker: f"{without_secrets(tracker.uri)} run {tracker.run_id}")
    return {"mlflow": tracking, "prefect": f"flow run {flow_run.id}" if flow_run.id else None}
