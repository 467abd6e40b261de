"""JSON: a list of objects, or one object that holds it."""

from collections.abc import Iterator
from typing import Any

import orjson

from luthier.data.reading.encoding import bad_byte, first_bad_byte
from luthier.data.reading.json_row import element_row, kind
from luthier.data.reading.lines import BOM
from luthier.data.reading.read_lines import read_lines
from luthier.data.reading.source import Source
from luthier.data.reading.utf16 import as_utf8
from luthier.data.record import Record
from luthier.errors import DataError

HOLDERS = ("conversations", "data", "rows", "items", "examples", "records", "messages", "tickets", "results")
"""Names under which an export keeps its rows."""

_TURNS = ({"role", "content"}, {"from", "value"})


def read_array(source: Source) -> Iterator[Record | None]:
    """Elements are numbered from 1. JSON Lines under the name .json are read as lines.

    Raises DataError with line and column: an array with a fault has no elements one could trust.
    """
    with as_utf8(source.open()) as stream:
        content = stream.read().removeprefix(BOM)
    if (position := first_bad_byte(content)) is not None:
        fault = bad_byte(content, position)
        raise DataError(fault.what, fault.why, f"{fault.fix}.", _place(source, content, position))
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if _is_lines(content):
            yield from read_lines(source)
            return
        raise _broken(source, content, error) from None
    for number, element in enumerate(_rows(source, value), start=1):
        yield element_row(number, element)


def _rows(source: Source, value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    holding = [name for name in HOLDERS if isinstance(value, dict) and _is_rows(value.get(name))]
    if len(holding) == 1:
        (name,) = holding
        return [value] if name in ("messages", "conversations") and _is_chat(value[name]) else value[name]
    if holding:
        what = f"the file holds several lists of rows: {', '.join(holding)}"
        raise DataError(what, "", "Write each to a file of its own.", str(source.path))
    why = f"A list is looked for under: {', '.join(HOLDERS)}" if isinstance(value, dict) else ""
    fix = 'Write [{"prompt": …, "completion": …}, …], or one object a line in a .jsonl file.'
    raise DataError(f"the file holds {kind(value)}, not a list of rows", why, fix, str(source.path))


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(element, dict) for element in value)


def _is_chat(turns: list[Any]) -> bool:
    """Whether the list is one conversation, and the object that holds it one row."""
    return all(isinstance(turn, dict) and any(names <= set(turn) for names in _TURNS) for turn in turns)


def _is_lines(content: bytes) -> bool:
    first, _, rest = content.lstrip().partition(b"\n")
    return first.startswith(b"{") and bool(rest.strip()) and _is_json(first)


def _broken(source: Source, content: bytes, error: orjson.JSONDecodeError) -> DataError:
    position = len(content.decode()[: error.pos].encode())
    before, after = content[:position].strip(), content[position:].lstrip()
    if before and after.startswith((b"{", b"[")) and _is_json(before):
        why = "A .json file holds one value"
        fix = "Put the values in one list with commas between them: [ {…}, {…} ]."
        return DataError("a second JSON value begins here", why, fix, _place(source, content, position))
    why = error.msg.partition(": line")[0]
    what = f"broken JSON at line {error.lineno}, column {error.colno}: {why}"
    fix = "The file is cut off; fetch it again." if not after else "Mend that place."
    return DataError(what, "", fix, f"{source.name}:{error.lineno}")


def _place(source: Source, content: bytes, position: int) -> str:
    line = content.count(b"\n", 0, position) + 1
    return f"{source.name}:{line}"


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
