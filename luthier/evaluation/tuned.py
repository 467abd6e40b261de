"""The proof: the tuned model on the baseline's questions, and what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from luthier.evaluation.accept import judge
from luthier.evaluation.arm import Prediction, measure, summary, surprise
from luthier.evaluation.baseline import test_rows
from luthier.evaluation.compare import Comparison
from luthier.evaluation.examples import choose_examples
from luthier.evaluation.journal import Interrupted, Journal
from luthier.evaluation.loaded import Loaded, load
from luthier.evaluation.perplexity import Surprise, reference
from luthier.evaluation.recheck import recheck
from luthier.evaluation.statistics import wins
from luthier.evaluation.verdict import decide
from luthier.events import EventLog
from luthier.fence import check_fence
from luthier.models.engines import engine_here
from luthier.models.weights import weights_file
from luthier.rows import Row
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.spec import RunSpec
from luthier.stages import STAGES
from luthier.storage import read_json, read_jsonl, sha256_file, write_json, write_jsonl


def evaluate(
    spec: RunSpec, run: RunFolder, attempt: AttemptFolder, log: EventLog, base: Path, stop: Callable[[], bool]
) -> dict[str, Any]:
    """Measure the arm `tuned`; write evaluation/predictions.jsonl, then evaluation/metrics.json.

    The base is loaded once; with the adapter off it must still be the base of the baseline, else ModelError. Gives what
    metrics.json holds, or {"interrupted": True} when `stop()` became true between two answers. Raises
    AlreadyRunning when this attempt was superseded.
    """
    rows, arms = test_rows(spec, run), _baseline_arms(run)
    log.write("phase", name="loading model")
    loaded = load(spec, base, run.adapter)
    content = [sha256_file(path) for path in (weights_file(run.adapter), run.split("test"))]
    settings = spec.model_dump(mode="json", include={"model", "evaluation", "seed"})
    held = [spec.training.dtype, engine_here(spec.training)]
    depends_on = [STAGES["eval"].version, content, settings, held]
    journal = Journal(run.evaluation / "partial.jsonl", depends_on, log, stop)
    try:
        checked = recheck(arms["base"], _base_again(loaded, rows, journal), spec.training.dtype or "float32")
        arm = measure(loaded, "tuned", rows, spec.evaluation.all_metrics, journal)
    except Interrupted:
        return {"interrupted": True}
    log.write("phase", name="comparing")
    tuned = summary(arm, spec.evaluation.all_metrics)
    result = {"n": len(rows), "primary_metric": spec.evaluation.primary_metric, "tuned": tuned, "base_recheck": checked}
    result |= _findings(spec, run, rows, arms | {"tuned": arm.predictions}, tuned)
    check_fence(run, attempt)
    write_jsonl(run.evaluation / "predictions.jsonl", arm.predictions)
    write_json(run.evaluation / "metrics.json", result)
    return result


def _baseline_arms(run: RunFolder) -> dict[str, list[Prediction]]:
    """base, and few_shot if it was measured."""
    arms: dict[str, list[Prediction]] = {}
    for prediction in read_jsonl(run.baseline / "predictions.jsonl"):
        arms.setdefault(prediction["arm"], []).append(prediction)
    return arms


def _base_again(loaded: Loaded, rows: list[Row], journal: Journal) -> list[Surprise]:
    references = [reference(loaded.tokenizer, row["messages"], loaded.context) for row in rows]
    with loaded.engine.without_adapter():
        return surprise(loaded, "base: checking that it is the same", references, journal)


def _findings(
    spec: RunSpec, run: RunFolder, rows: list[Row], arms: dict[str, list[Prediction]], tuned: dict[str, Any]
) -> dict[str, Any]:
    metrics, primary = spec.evaluation.all_metrics, spec.evaluation.primary_metric
    against_base = Comparison(rows, arms["base"], arms["tuned"], spec.seed)
    change, detectable = against_base.changes(metrics), against_base.detectable(metrics)
    against_few_shot = Comparison(rows, arms["few_shot"], arms["tuned"], spec.seed) if "few_shot" in arms else None
    verdict = decide(primary, change[primary], change["perplexity"], detectable[primary])
    verdict["accept"] = judge(
        spec.evaluation.accept, _levels(read_json(run.baseline / "metrics.json")["base"]), _levels(tuned)
    )
    examples, rule = choose_examples(rows, arms, primary, spec.seed)
    return {
        "change": change,
        "versus_few_shot": against_few_shot.changes(metrics) if against_few_shot else {},
        "wins": wins(*against_base.scores(primary)),
        "detectable": detectable,
        "verdict": verdict,
        "examples": examples,
        "examples_rule": rule,
    }


def _levels(measured: dict[str, Any]) -> dict[str, float | None]:
    return measured["metrics"] | {"perplexity": measured["perplexity"]}
