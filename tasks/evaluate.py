"""eval: the tuned model on the same prompts, and what the difference proves."""

from typing import Any

from prefect import task
from prefect.states import State

from luthier.run import Run
from luthier.storage import read_json
from tasks import artifacts
from tasks.stage import run_stage
from tasks.track import tolerant_tracker
from tasks.watch import Watcher
from tasks.work import RETRIED, answers_done, attempt


@task(name="eval", **RETRIED)
def evaluate(run: Run) -> State[None]:
    """Measure the verified adapter that training left; writes `evaluation/`. A worker's death is retried."""
    return run_stage(run, "eval", lambda watcher: _work(run, watcher))


def _work(run: Run, watcher: Watcher) -> dict[str, Any]:
    attempt(run, "evaluate", watcher, lambda: answers_done(run.folder.evaluation))
    measured = read_json(run.folder.evaluation / "metrics.json")
    tuned, verdict = measured["tuned"], measured["verdict"]
    scores = {"perplexity": tuned["perplexity"], **tuned["metrics"]}
    tolerant_tracker(run, lambda tracker: tracker.log_stage("tuned", scores))
    artifacts.table(f"results-{run.folder.run_id}", _rows(run, measured), f"{verdict['label']}: {verdict['reason']}")
    watcher.say(f"verdict: {verdict['label']}")
    return {"n": measured["n"], "verdict": verdict["label"], **scores}


def _rows(run: Run, measured: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a metric: base, few-shot, tuned, change with its interval."""
    before = read_json(run.folder.baseline / "metrics.json")
    arms = {"base": before["base"], "few_shot": before["few_shot"], "tuned": measured["tuned"]}
    rows = []
    for name, change in measured["change"].items():
        values = {arm: scores.get(name, scores.get("metrics", {}).get(name)) for arm, scores in arms.items()}
        interval = {key: change[key] for key in ("value", "ci_low", "ci_high", "p_value")}
        rows.append({"metric": name, **values, **interval})
    return rows
