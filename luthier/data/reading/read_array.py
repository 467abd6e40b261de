"""JSON: a list of objects."""

from collections.abc import Iterator

import orjson

from luthier.data.reading.encoding import bad_byte, first_bad_byte
from luthier.data.reading.json_row import element_row, kind
from luthier.data.reading.read_lines import BOM, read_lines
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.errors import DataError


def read_array(source: Source) -> Iterator[Record | None]:
    """Elements are numbered from 1. JSON Lines under the name .json are read as lines.

    Raises DataError with line and column: an array with a fault has no elements one could trust.
    """
    content = source.path.read_bytes().removeprefix(BOM)
    if (position := first_bad_byte(content)) is not None:
        fault = bad_byte(content, position)
        line = content.count(b"\n", 0, position) + 1
        raise DataError(fault.what, fault.why, f"{fault.fix}.", f"{source.path.name}:{line}")
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if content.lstrip().startswith(b"{") and _is_json(content.lstrip().split(b"\n", 1)[0]):
            yield from read_lines(source)
            return
        why = error.msg.partition(": line")[0]
        what = f"broken JSON at line {error.lineno}, column {error.colno}: {why}"
        raise DataError(what, "", "Mend that place.", f"{source.path.name}:{error.lineno}") from None
    if not isinstance(value, list):
        fix = 'Write [{"prompt": …, "completion": …}, …], or one object a line in a .jsonl file.'
        raise DataError(f"the file holds {kind(value)}, not a list of rows", "", fix, str(source.path))
    for number, element in enumerate(value, start=1):
        yield element_row(number, element)


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
