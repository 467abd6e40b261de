"""The main job: from raw data to a proof that the tuned model is better."""

from typing import Any

from prefect import flow
from prefect.runtime import flow_run
from prefect.states import State

from flows.flow_runs import introduce, is_deployed, name_of, started_by
from flows.hooks import end_pods, tell_end
from luthier.approval import check_cost, check_data
from luthier.errors import Rejected, WaitsForApproval
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec import RunSpec
from tasks.approval import stand_still, take_answer
from tasks.baseline_eval import baseline_eval
from tasks.checkpoint_resume import checkpoint_resume
from tasks.estimate import estimate
from tasks.evaluate import evaluate
from tasks.leaving import handed_over
from tasks.page import shown
from tasks.pods import check_settings, release, released
from tasks.report import report
from tasks.sharing import shared
from tasks.standing import standing
from tasks.tell import ready_to_tell
from tasks.track import tracked
from tasks.train import train
from tasks.validate_data import validate_data
from tasks.work import retries


def run_name() -> str:
    """The spec may still be as somebody wrote it."""
    spec = flow_run.parameters["spec"]
    return name_of(spec if isinstance(spec, RunSpec) else RunSpec.model_validate(spec))


@flow(
    name="finetune",
    flow_run_name=run_name,
    description="Fine-tune a model and prove that it helped.",
    on_completion=[tell_end],
    on_failure=[end_pods, tell_end],
    on_crashed=[end_pods, tell_end],
    on_cancellation=[end_pods, tell_end],
)
def finetune(spec: RunSpec, again: bool = False) -> dict[str, Any] | State[Any]:
    """Validate the data, estimate, measure the base, train, measure again, report.

    Args:
        spec: What to train on what, and how to judge it.
        again: Start a new run although this spec's run is complete.
    """
    run = open_run(spec, Settings(), again)
    check_settings(run)
    ready_to_tell(run)
    retried = retries(spec.compute)
    try:
        with (
            handed_over(run.settings),
            run.folder.locked(wait=is_deployed()),
            shared(run),
            shown(run),
            standing(run, *started_by(), str(flow_run.id)),
            tracked(run),
            released(run),
        ):
            run.save_spec()
            introduce(run)
            take_answer(run.folder)
            validate_data(run)
            check_data(run)
            check_cost(run, estimate.with_options(**retried)(run))
            baseline_eval.with_options(**retried)(run)
            train.with_options(**retried)(run)
            checkpoint_resume(run, trained=True)
            evaluate.with_options(**retried)(run)
            release(run, "Nothing is left for it to do")
            report(run)
    except (WaitsForApproval, Rejected) as word:
        return stand_still(run, word)
    return {"run_id": run.folder.run_id, **(run.completed("report") or {})}
