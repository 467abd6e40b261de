"""The Great Expectations gate: its committed suite, judged by severity, is the decision."""

import shutil
import tempfile
import threading
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from luthier.data.gate.docs import publish
from luthier.data.gate.expectations import REQUIRED, Required, name
from luthier.errors import DataError

if TYPE_CHECKING:
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context import FileDataContext
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from pandas import DataFrame

SUITE = "training_rows"
CHECKPOINT = "gate"

_ONE_AT_A_TIME = threading.Lock()
"""Great Expectations reads its files with one YAML parser for all threads, which mix up their contents."""


class Verdict(NamedTuple):
    """`expectations`: {expectation, column, severity, success, broken, unexpected, reason} each."""

    expectations: list[dict[str, Any]]

    @property
    def failed(self) -> list[dict[str, Any]]:
        return [each for each in self.expectations if not each["success"]]

    @property
    def max_severity(self) -> str | None:
        failed = {each["severity"] for each in self.failed}
        return next((severity for severity in ("critical", "warning", "info") if severity in failed), None)

    @property
    def passed(self) -> bool:
        """A check that broke has not been made, whatever its severity."""
        return self.max_severity != "critical" and not any(each["broken"] for each in self.failed)


def judge(rows: "DataFrame", parameters: dict[str, Any], docs: Path, suites: Path | None = None) -> Verdict:
    """Run the checkpoint `gate` over scalar columns; the pages of Great Expectations go to `docs`.

    `suites` is a context folder other than the packaged `gx/`. Raises DataError when an expectation
    is missing or unknown, or when the context cannot be used: no gate, no training.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="luthier-gx-") as scratch:
        folder = Path(scratch) / "gx"
        with as_file(files("gx")) as packaged:  # the context writes beside its files, and an install is read-only
            shutil.copytree(suites or packaged, folder, ignore=shutil.ignore_patterns("uncommitted", "__pycache__"))
        verdict = _run(folder, rows, parameters)
        publish(folder / "uncommitted" / "data_docs" / "local_site", docs)
    return verdict


def _run(folder: Path, rows: "DataFrame", parameters: dict[str, Any]) -> Verdict:
    import great_expectations as gx

    try:
        context = gx.get_context(mode="file", context_root_dir=folder)
        _check_complete(folder, context)
        checkpoint = context.checkpoints.get(CHECKPOINT)
        outcome = checkpoint.run(batch_parameters={"dataframe": rows}, expectation_parameters=parameters)
    except DataError:
        raise
    except Exception as error:  # whatever stops the gate from running has to stop the run
        why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise DataError("the data gate cannot run", why, "Restore the folder gx/ from git.", "gx/") from error
    results = [result for run in outcome.run_results.values() for result in run.results]
    if len(results) < len(REQUIRED):
        what = f"only {len(results)} of {len(REQUIRED)} expectations were run"
        raise DataError(what, "", "Restore the folder gx/ from git.", f"gx/checkpoints/{CHECKPOINT}.json")
    return Verdict([_told(result) for result in results])


def _check_complete(folder: Path, context: "FileDataContext") -> None:
    """Raises DataError with the name of every expectation that was dropped, is lacking or was changed."""
    path = folder / "expectations" / f"{SUITE}.json"
    where, fix = f"gx/expectations/{SUITE}.json", "Restore the file from git."
    try:
        content = orjson.loads(path.read_bytes())
        written = [(each["type"], each["kwargs"].get("column", "")) for each in content["expectations"]]
    except (OSError, KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as error:
        raise DataError("the suite of the data gate cannot be read", str(error), fix, where) from None
    loaded = _loaded(context.suites.get(SUITE))
    if dropped := [name(*each) for each in written if each not in [(held.kind, held.column) for held in loaded]]:
        what = f"Great Expectations does not know {', '.join(dropped)}"
        raise DataError(what, "It would have been left out without a word; is it misspelt?", fix, where)
    if missing := [name(each.kind, each.column) for each in REQUIRED if each not in loaded]:
        why = "It was taken out, or its severity or values were changed; without it bad rows pass"
        raise DataError(f"the data gate lacks {', '.join(missing)}", why, fix, where)


def _loaded(suite: "ExpectationSuite") -> list[Required]:
    return [_as_required(each.configuration) for each in suite.expectations]


def _as_required(loaded: "ExpectationConfiguration") -> Required:
    kwargs = dict(loaded.kwargs)
    return Required(loaded.type, kwargs.pop("column", ""), _severity(loaded), kwargs)


def _severity(loaded: "ExpectationConfiguration") -> str:
    return str(getattr(loaded.severity, "value", loaded.severity))


def _told(result: "ExpectationValidationResult") -> dict[str, Any]:
    wanted = result.expectation_config
    assert wanted is not None
    return {
        "expectation": wanted.type,
        "column": wanted.kwargs.get("column", ""),
        "severity": _severity(wanted),
        "success": bool(result.success),
        "broken": not result.result,  # an error inside a check leaves an empty result
        "unexpected": result.result.get("unexpected_count"),
        "reason": (wanted.meta or {}).get("reason", ""),
    }
