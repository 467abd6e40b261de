"""The baseline: what the base model can do before any training, plainly asked and with examples in the prompt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from luthier.evaluation import few_shot
from luthier.evaluation.arm import Arm, Prediction, measure, summary
from luthier.evaluation.few_shot import Choice, choose, pick
from luthier.evaluation.journal import Interrupted, Journal
from luthier.evaluation.loaded import Loaded, load
from luthier.evaluation.weak import weak_kinds
from luthier.events import EventLog
from luthier.fence import check_fence
from luthier.models.engines import engine_here
from luthier.rows import Row, Rows
from luthier.run_folder import AttemptFolder, RunFolder
from luthier.spec import RunSpec
from luthier.stages import STAGES
from luthier.storage import sha256_file, write_json, write_jsonl


def baseline(
    spec: RunSpec, run: RunFolder, attempt: AttemptFolder, log: EventLog, base: Path, stop: Callable[[], bool]
) -> dict[str, Any]:
    """Measure the arms `base` and `few_shot`; write baseline/predictions.jsonl, then baseline/metrics.json.

    Gives what metrics.json holds, or {"interrupted": True} when `stop()` became true between two answers; the next
    attempt asks for those that are missing. Raises ModelError when the base cannot be loaded,
    AlreadyRunning when this attempt was superseded.
    """
    test = test_rows(spec, run)
    splits = {name: Rows(run.split(name)) for name in ("train", "validation")} | {"test": test}
    log.write("phase", name="loading model")
    loaded = load(spec, base)
    journal = Journal(run.baseline / "partial.jsonl", _content(spec, run), log, stop)
    try:
        plain = measure(loaded, "base", test, spec.evaluation.all_metrics, journal)
        choice = choose(loaded, spec, splits, journal)
        shown, few = _few_shot(loaded, spec, test, choice, journal)
    except Interrupted:
        return {"interrupted": True}
    check_fence(run, attempt)
    return _write(spec, run, loaded, test, plain, shown, few)


def test_rows(spec: RunSpec, run: RunFolder) -> list[Row]:
    """The test rows that every arm answers."""
    return pick(Rows(run.split("test")), spec.evaluation.max_examples, spec.seed)


def _content(spec: RunSpec, run: RunFolder) -> list[Any]:
    sections = spec.model_dump(mode="json", include={"model", "evaluation", "seed"})
    data = [sha256_file(run.split(name)) for name in ("train", "validation", "test")]
    training = spec.training
    held = [training.dtype, training.method == "qlora", engine_here(training)]
    return [STAGES["baseline-eval"].version, sections, held, data]


def _few_shot(
    loaded: Loaded, spec: RunSpec, rows: list[Row], choice: Choice, journal: Journal
) -> tuple[dict[str, Any], list[Prediction]]:
    """The few-shot part of metrics.json, and its predictions."""
    if choice.shots is None:
        return {"measured": False, "reason": choice.reason, "candidates": choice.candidates}, []
    metrics = spec.evaluation.all_metrics
    arm = measure(loaded, "few_shot", rows, metrics, journal, choice.shots.before)
    chosen = next(entry for entry in choice.candidates if entry["examples"] == choice.shots.ids)
    told = {
        "measured": True,
        "shots": chosen["shots"],
        "score_on_validation": chosen["score"],
        "validation_rows": few_shot.VALIDATION_ROWS,
        "candidates": choice.candidates,
    }
    return told | summary(arm, metrics), arm.predictions


def _write(
    spec: RunSpec, run: RunFolder, loaded: Loaded, rows: list[Row], plain: Arm, shown: dict[str, Any],
    few: list[Prediction],
) -> dict[str, Any]:  # fmt: skip
    write_jsonl(run.baseline / "predictions.jsonl", [*plain.predictions, *few])
    primary = spec.evaluation.primary_metric
    result = {
        "n": len(rows),
        "base": summary(plain, spec.evaluation.all_metrics),
        "few_shot": shown,
        "decoding": loaded.engine.decoding | {"seed": spec.seed},
        "weak": weak_kinds(rows, [prediction["scores"][primary] for prediction in plain.predictions], primary),
    }
    write_json(run.baseline / "metrics.json", result)
    return result
