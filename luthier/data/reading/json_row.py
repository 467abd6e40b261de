"""One JSON value as a record."""

from typing import Any

import orjson

from luthier.data.reading.encoding import nul_fault, utf8_fault
from luthier.data.record import Fault, Record

LARGEST = 10_000_000
"""Bytes of one row. More is a file without line ends or with pictures in it, not an example."""

KEPT = 100_000
"""Bytes that are kept of a row that is larger: enough to find it again."""

NAMES = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false"}


def kind(value: Any) -> str:
    """What JSON calls such a value, for messages."""
    return "null" if value is None else NAMES.get(type(value), f"a {type(value).__name__}")


def parse_row(number: int, raw: bytes, size: int = 0) -> Record:
    """`size` is that of the row where `raw` is only its beginning."""
    if fault := too_large(raw, size) or nul_fault(raw) or utf8_fault(raw):
        return Record(number, raw, fault=fault)
    try:
        return object_row(number, raw, orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        why = error.msg.partition(": line")[0]
        what = f"broken JSON at column {error.pos + 1}: {why}"
        return Record(number, raw, fault=Fault("broken_json", what, _reason(raw, error.pos), "Mend that line"))


def _reason(raw: bytes, position: int) -> str:
    at = raw.decode()[position : position + 10]
    if raw.lstrip().startswith((b"- ", b"# ", b"<")) or not raw.lstrip().startswith((b"{", b"[", b'"')):
        return "A row is one JSON object, and this line is none"
    if at.startswith(("NaN", "Infinity", "-Infinity")):
        return "JSON has no NaN and no Infinity; null is what it has"
    if at.startswith(("True", "False", "None", "'")):
        return "This is Python's way to write it, not JSON's"
    return "A row is one JSON object"


def object_row(number: int, raw: bytes, value: Any) -> Record:
    """A record of a parsed value, which has to be an object."""
    if isinstance(value, dict):
        return Record(number, raw, value)
    fix = 'Write {"prompt": …, "completion": …}'
    fault = Fault("not_an_object", f"the row is {kind(value)}, not an object", "Fields have names", fix)
    return Record(number, raw, fault=fault)


def element_row(number: int, value: Any) -> Record:
    """A record of a value that has no bytes of its own in the file."""
    try:
        raw = orjson.dumps(value, default=repr)
    except (orjson.JSONEncodeError, RecursionError) as error:
        why = "A row is an object with texts, or a list of messages"
        fault = Fault("unusable_value", f"the row cannot be read: {error}", why, "Simplify it")
        return Record(number, b"", fault=fault)
    if large := too_large(raw):
        return Record(number, raw[:KEPT], fault=large)
    return object_row(number, raw, value)


def too_large(raw: bytes, size: int = 0) -> Fault | None:
    size = max(size, len(raw))
    if size <= LARGEST:
        return None
    what = f"the row holds {size:,} bytes; expected at most {LARGEST:,}"
    return Fault("too_large", what, "No model reads an example of that length", "Split it, or take it out")
