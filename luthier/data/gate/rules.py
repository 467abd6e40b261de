"""A team's own rules: a folder with `expectations.json` and, for columns of its own, `columns.py`."""

import importlib.util
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from luthier.errors import SpecError
from luthier.rows import Message

KEY = "data.rules"


class RuleRow(NamedTuple):
    """A row as a rule of `columns.py` sees it; `prompt` and `answer` are the last two turns' texts."""

    messages: list[Message]
    prompt: str
    answer: str
    meta: Mapping[str, Any]


class Rules(NamedTuple):
    path: Path
    expectations: list[dict[str, Any]]
    columns: dict[str, Callable[[RuleRow], Any]]

    @property
    def name(self) -> str:
        return "own_rules"

    @property
    def wanted(self) -> set[str]:
        """Columns that the expectations look at."""
        kwargs = [pair for each in self.expectations for pair in each["kwargs"].items()]
        return {value for name, value in kwargs if name.startswith("column") and isinstance(value, str)}

    def values(self, row: RuleRow, where: str) -> dict[str, Any]:
        """The columns of this row that only these rules look at. Raises SpecError when a function fails."""
        found: dict[str, Any] = {**row.meta, "prompt": row.prompt, "answer": row.answer}
        for name, function in self.columns.items():
            try:
                found[name] = function(row)
            except (Exception, SystemExit) as error:
                why = f"{type(error).__name__}: {error}"
                raise SpecError(
                    f"columns.py: {name} failed at {where}", why, "Mend that function; nothing was trained.", KEY
                ) from None
        return found


def load_rules(folder: Path) -> Rules:
    """Raises SpecError for a folder that cannot be used as rules."""
    path = folder / "expectations.json"
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        fix = 'Write {"expectations": […]} there; see docs/own-rules.md.'
        raise SpecError(f"{path} cannot be read", error.strerror or str(error), fix, KEY) from None
    except orjson.JSONDecodeError as error:
        raise SpecError(f"{path.name}:{error.lineno}: broken JSON", error.msg, "Mend that line.", KEY) from None
    found = content.get("expectations") if isinstance(content, dict) else content
    if not isinstance(found, list) or not found:
        raise SpecError(f"{path.name} holds no list of expectations", "", "See docs/own-rules.md.", KEY)
    return Rules(path, [_expectation(each, place) for place, each in enumerate(found, start=1)], _columns(folder))


def _expectation(entry: Any, place: int) -> dict[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        fix = 'Write {"type": "expect_…", "severity": "critical", "kwargs": {…}, "meta": {"reason": "…"}}.'
        raise SpecError(f"expectations.json: expectation {place} has no type", "", fix, KEY)
    severity = entry.get("severity", "critical")
    if severity not in ("critical", "warning", "info"):
        fix = "critical blocks the run; warning and info are told."
        raise SpecError(f"expectations.json: expectation {place} has the severity {severity!r}", "", fix, KEY)
    for name in ("meta", "kwargs"):
        if not isinstance(entry.get(name) or {}, dict):
            raise SpecError(f"expectations.json: {name} of expectation {place} is no object", "", "Write {…}.", KEY)
    meta = entry.get("meta") or {}
    reason = meta.get("reason") or entry.get("description") or f"{entry['type']} does not hold."
    kwargs = entry.get("kwargs") or {}
    return {"type": entry["type"], "severity": severity, "kwargs": kwargs, "meta": {**meta, "reason": reason}}


def _columns(folder: Path) -> dict[str, Callable[[RuleRow], Any]]:
    """The public functions of columns.py, which the spec's author asks to be run."""
    path = folder / "columns.py"
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location("luthier_own_columns", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise SpecError("columns.py cannot be loaded", f"{type(error).__name__}: {error}", "Mend it.", KEY) from None
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }
