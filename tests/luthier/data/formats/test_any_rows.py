"""Whatever rows a file holds, each comes out once, and nothing but an error for people is raised."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luthier.data.formats.assemble import assembled
from luthier.data.formats.table import FORMATS
from luthier.data.reading.json_row import object_row
from luthier.data.reading.source import Source
from luthier.data_spec import DataSpec
from luthier.errors import LuthierError

FIELDS = (
    "messages conversations instruction input output prompt completion question answer chosen rejected training_pairs "
    "history user_input target_response system author role text time conversation_id mapping current_node type user ts "
    "thread_ts subtype comments author_id body plain_body conversation_parts source incoming description_text title "
    "tools tool_calls function name arguments content from value metadata created_at label reply message"
)
NAMES = st.sampled_from(FIELDS.split())
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
    st.sampled_from(["user", "assistant", "agent", "tool", "message", "2024-05-01", "31/12/24"]),
    st.sampled_from(["[]", "[{", "{}", "<p>x"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)
ROWS = st.lists(st.dictionaries(NAMES, VALUES, max_size=6), min_size=1, max_size=8)


def units(rows: list[dict], **data) -> list | None:
    path = Path("rows.jsonl")
    source = Source(path)
    records = [object_row(number, b"%d" % number, row) for number, row in enumerate(rows, start=1)]
    try:
        layout, found = assembled(source, [None, *records], DataSpec(path=path, **data))
        return [layout, *found]
    except LuthierError as error:
        assert error.what
        return None


@settings(max_examples=300, deadline=None)
@given(rows=ROWS, format=st.sampled_from(["auto", *FORMATS]), assistant=st.sampled_from([None, "user"]))
def test_every_row_comes_out_once(rows, format, assistant):
    got = units(rows, format=format, assistant=assistant)
    if got is None:
        return
    layout, *found = got
    records = [record for record in found if record]
    for record in records:
        assert record.fault or record.messages[-1]["role"] == "assistant"
        assert orjson.dumps(record.meta) is not None
        str(record.fault and record.fault.error(record.place, True))
    if layout.format.name in ("message_table", "slack"):
        texts = b"\n".join(record.raw for record in records).split(b"\n") if records else []
        assert len(set(texts)) == len(texts) and len(texts) + found.count(None) == len(rows) + 1
    elif layout.format.name != "conversation_factory":
        assert [record.number for record in records] == list(range(1, len(rows) + 1)) and found[0] is None
    else:
        assert len(records) >= len(rows)


@pytest.mark.parametrize("depth", [100, 300, 900])
@pytest.mark.parametrize("field", ["messages", "training_pairs", "mapping", "comments", "tools", "metadata", "text"])
def test_deep_nesting(depth, field):
    value: object = "x"
    for _ in range(depth):
        value = {"messages": [value], "author": "x"} if field == "comments" else [value]
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], field: value}
    units([row] * 2)
    units([{"training_pairs": [{"target_response": "a", "user_input": "b", field: value}]}])
