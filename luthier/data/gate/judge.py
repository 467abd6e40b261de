"""The Great Expectations gate: its committed suites, judged by severity, are the decision.

Rows come in chunks, so that memory does not grow with the data: rules of a row run on each chunk, rules of the whole
set on what was counted over all of them.
"""

import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from luthier.data.gate.complete import check_known, check_suite
from luthier.data.gate.docs import publish
from luthier.data.gate.expectations import REQUIRED, ROWS, SET
from luthier.data.gate.frame import COLUMNS
from luthier.data.gate.rules import Rules
from luthier.data.gate.tally import Tally
from luthier.data.gate.verdict import Verdict, joined, told
from luthier.errors import DataError

if TYPE_CHECKING:
    from great_expectations.checkpoint import Checkpoint
    from great_expectations.data_context import FileDataContext
    from pandas import DataFrame

_ONE_AT_A_TIME = threading.Lock()
"""Great Expectations reads its files with one YAML parser for all threads, which mix up their contents."""


def judge(
    chunks: Iterable["DataFrame"], parameters: dict[str, Any], docs: Path,
    suites: Path | None = None, rules: Rules | None = None,
) -> Verdict:  # fmt: skip
    """Run the checkpoints `rows` and `set` over scalar columns; the pages of Great Expectations go to `docs`.

    `suites` is a context folder other than the packaged `gx/`, `rules` a team's own. Raises DataError when an
    expectation is missing or unknown, or when the context cannot be used: no gate, no training.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="luthier-gx-") as scratch:
        folder = Path(scratch) / "gx"
        with as_file(files("gx")) as packaged:  # the context writes beside its files, and an install is read-only
            shutil.copytree(suites or packaged, folder, ignore=shutil.ignore_patterns("uncommitted", "__pycache__"))
        verdict = _run(folder, chunks, parameters, rules)
        publish(folder / "uncommitted" / "data_docs" / "local_site", docs)
    return verdict


def _run(folder: Path, chunks: Iterable["DataFrame"], parameters: dict[str, Any], rules: Rules | None) -> Verdict:
    import great_expectations as gx

    with _or_no_training():
        context = gx.get_context(mode="file", context_root_dir=folder)
        for name in (ROWS, SET):
            check_suite(folder, context, name)
        rows, whole = context.checkpoints.get("rows"), context.checkpoints.get("set")
        own = _own(context, rules) if rules else None
    tally, by_rows, by_own = Tally(), [], []
    for chunk in chunks:
        tally.add(chunk)
        with _or_no_training():
            by_rows.append(_results(ROWS, rows, chunk[list(COLUMNS)], parameters))
            if own and rules and len(kept := chunk[chunk["accepted"] == 1]):
                by_own.append(_results(rules.name, own, kept, {}))
    with _or_no_training():
        by_set = _results(SET, whole, tally.frame(), parameters)
    results = joined(by_rows) + by_set
    if by_rows and len(results) < len(REQUIRED):
        what = f"only {len(results)} of {len(REQUIRED)} expectations were run"
        raise DataError(what, "", "Restore the folder gx/ from git.", "gx/checkpoints")
    return Verdict(results + joined(by_own))


@contextmanager
def _or_no_training() -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # whatever stops the gate from running has to stop the run
        why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise DataError("the data gate cannot run", why, "Restore the folder gx/ from git.", "gx/") from error


def _results(
    suite: str, checkpoint: "Checkpoint", frame: "DataFrame", parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    outcome = checkpoint.run(batch_parameters={"dataframe": frame}, expectation_parameters=parameters)
    return [told(suite, result) for run in outcome.run_results.values() for result in run.results]


def _own(context: "FileDataContext", rules: Rules) -> "Checkpoint":
    """A team's own rules. They may look at texts, so their results go to no page: only counts and lines are kept."""
    import great_expectations as gx

    suite = context.suites.add(gx.ExpectationSuite(name=rules.name, expectations=rules.expectations))
    written = [(each["type"], each.get("kwargs", {}).get("column", "")) for each in rules.expectations]
    check_known(written, suite, str(rules.path))
    whole = context.data_sources.get("rows").get_asset("examples").get_batch_definition("all")
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=rules.name, data=whole, suite=suite))
    form: Any = {"result_format": "COMPLETE", "unexpected_index_column_names": ["source_line"]}
    checkpoint = gx.Checkpoint(name=rules.name, validation_definitions=[definition], result_format=form)
    return context.checkpoints.add(checkpoint)
