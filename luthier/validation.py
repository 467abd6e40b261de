"""The validate-data stage: data read, inspected, gated and split, and the spec's open values chosen."""

from collections.abc import Iterator

from luthier.compute.team import lead
from luthier.errors import DataError, SpecError
from luthier.events import Event
from luthier.rows import row_batches
from luthier.run import Run
from luthier.spec import PREFERRED, RunSpec
from luthier.spec_file import save_spec
from luthier.storage import read_json

COUNTS = ("read", "accepted", "quarantined", "blank", "test_rows_seen_in_train", "splits")


def validate(run: Run) -> Iterator[Event]:
    """Yield events, the last one `finished` with the stage's summary.

    Raises ModelError, SpecError, DataError, Problems.
    """
    from luthier.data.prepare import prepare
    from luthier.models.base import context_length, load_tokenizer, locate
    from luthier.training import presets
    from luthier.training.preferences import refuse_unpaired

    for left in (run.folder.marker("validate-data"), run.folder.validation):  # this try may not get as far
        left.unlink(missing_ok=True)
    yield {"kind": "phase", "name": "finding the base model"}
    base = locate(run.asked.model, run.settings.models)
    context = context_length(base)
    _check_answers(run.asked, context)
    if run.asked.compute.processes and run.asked.compute.provider == "local":
        lead(run.asked.compute)
    tokenizer = load_tokenizer(base, run.asked.model.trust_remote_code)
    max_length = presets.max_length(run.asked.training, context)
    yield from prepare(run.asked, run.folder, tokenizer, max_length, run.settings.root)
    found = read_json(run.folder.validation)
    _check_same(run, found["sha256"])
    paired = all(source["format"] == "preference" for source in found["sources"])
    _check_metrics(run.asked, paired)
    chosen, resolved = presets.reasons(run.asked, context, paired), presets.resolve(run.asked, context, paired)
    if resolved.training.loss == "dpo" or PREFERRED in run.asked.evaluation.all_metrics:
        for split in ("train", "validation", "test"):
            for rows in row_batches(run.folder.split(split)):
                refuse_unpaired(rows)
    if not run.folder.spec.exists():  # chosen once: every later attempt uses the same values
        save_spec(resolved, run.folder.spec)
    yield {"kind": "finished", "result": {"chosen": chosen} | {name: found[name] for name in COUNTS}}


def _check_same(run: Run, sha256: str) -> None:
    """Raises DataError when the data changed while they were read: they would be trained on under another's id."""
    if sha256 != run.data_sha256:
        fix = "Start again when nothing writes to them any more."
        raise DataError("the data changed while they were read", "", fix, str(run.asked.data.path))


def _check_metrics(spec: RunSpec, paired: bool) -> None:
    """Raises SpecError when preferences are to be measured of data that has none."""
    if PREFERRED in spec.evaluation.all_metrics and not paired:
        raise SpecError(
            f'"{PREFERRED}" cannot be measured',
            "It compares a chosen answer with a rejected one, and the data holds answers alone.",
            "Bring preference data (prompt, chosen, rejected), or choose another metric.",
            "evaluation.primary_metric" if spec.evaluation.primary_metric == PREFERRED else "evaluation.metrics",
        )


def _check_answers(spec: RunSpec, context: int) -> None:
    """Raises SpecError when the answers would leave their questions less than half of the model's context."""
    longest = spec.evaluation.max_new_tokens
    if longest > context // 2:
        raise SpecError(
            f"answers of {longest} tokens leave too little room for the prompt",
            f"The model looks at {context} tokens, prompt and answer together.",
            f"Set it to {context // 2} or less, or choose a model with a longer context.",
            "evaluation.max_new_tokens",
        )
