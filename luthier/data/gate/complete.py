"""Whether the committed suites are whole."""

from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from luthier.data.gate.expectations import REQUIRED, Required, name
from luthier.data.gate.verdict import severity
from luthier.errors import DataError

if TYPE_CHECKING:
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.data_context import FileDataContext


def check_suite(folder: Path, context: "FileDataContext", name_of_suite: str) -> None:
    """Raises DataError with the name of every expectation that was dropped, is lacking or was changed."""
    where, fix = f"gx/expectations/{name_of_suite}.json", "Restore the file from git."
    try:
        content = orjson.loads((folder / "expectations" / f"{name_of_suite}.json").read_bytes())
        written = [(each["type"], each["kwargs"].get("column", "")) for each in content["expectations"]]
    except (OSError, KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as error:
        raise DataError("the suite of the data gate cannot be read", str(error), fix, where) from None
    suite = context.suites.get(name_of_suite)
    check_known(written, suite, where)
    loaded = held_by(suite)
    wanted = [each for each in REQUIRED if each.suite == suite.name]
    if missing := [name(each.kind, each.column) for each in wanted if each not in loaded]:
        why = "It was taken out, or its severity or values were changed; without it bad rows pass"
        raise DataError(f"the data gate lacks {', '.join(missing)}", why, fix, where)


def check_known(written: list[tuple[str, str]], suite: "ExpectationSuite", where: str) -> None:
    """Raises DataError for expectations that Great Expectations left out without a word."""
    held = [(each.kind, each.column) for each in held_by(suite)]
    if dropped := [name(*each) for each in written if each not in held]:
        what = f"Great Expectations does not know {', '.join(dropped)}"
        raise DataError(what, "It would have been left out without a word; is it misspelt?", "Mend the suite.", where)


def held_by(suite: "ExpectationSuite") -> list[Required]:
    held = []
    for each in suite.expectations:
        wanted = each.configuration
        kwargs = dict(wanted.kwargs)
        held.append(Required(suite.name, wanted.type, kwargs.pop("column", ""), severity(wanted), kwargs))
    return held
