"""baseline-eval: the base model, and the base with its best few-shot prompt, before any training."""

from typing import Any

from prefect import task
from prefect.states import State

from luthier.run import Run
from luthier.storage import read_json
from tasks.stage import run_stage
from tasks.track import tolerant_tracker
from tasks.watch import Watcher
from tasks.work import RETRIED, answers_done, attempt


@task(name="baseline-eval", **RETRIED)
def baseline_eval(run: Run) -> State[None]:
    """Answer the test prompts with the untuned model; writes `baseline/`. A worker's death is retried."""
    return run_stage(run, "baseline-eval", lambda watcher: _work(run, watcher))


def _work(run: Run, watcher: Watcher) -> dict[str, Any]:
    attempt(run, "baseline", watcher, lambda: answers_done(run.folder.baseline))
    measured = read_json(run.folder.baseline / "metrics.json")
    base = measured["base"]
    scores = {"perplexity": base["perplexity"], **base["metrics"]}
    tolerant_tracker(run, lambda tracker: tracker.log_stage("baseline", scores))
    primary = run.spec.evaluation.primary_metric
    watcher.say(f"perplexity {base['perplexity']:.2f}, {primary} {base['metrics'][primary]:.3f}")
    return {"n": measured["n"], **scores}
