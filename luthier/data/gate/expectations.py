"""The expectations without which the gate is no gate.

Great Expectations drops an expectation that it does not know with a line in the log and goes on.
This list stands outside the suites, so that one that was deleted, misspelt or softened there is missed.
"""

from typing import Any, NamedTuple


class Required(NamedTuple):
    """As its suite has to hold it: kwargs without the column."""

    suite: str
    kind: str
    column: str
    severity: str
    kwargs: dict[str, Any]


ROWS, SET = "training_rows", "training_set"
"""Rules that hold row by row, a chunk of rows at a time; and rules over what was counted of all rows."""

_BETWEEN, _NOT_NULL = "expect_column_values_to_be_between", "expect_column_values_to_not_be_null"

REQUIRED = (
    Required(ROWS, _NOT_NULL, "source_line", "critical", {}),
    Required(ROWS, "expect_column_values_to_be_unique", "source_line", "critical", {}),
    Required(ROWS, "expect_column_values_to_be_null", "structure_error", "info", {}),
    Required(ROWS, "expect_column_values_to_be_in_set", "last_role", "critical", {"value_set": ["assistant"]}),
    Required(ROWS, _BETWEEN, "trained_tokens", "critical", {"min_value": 1}),
    Required(ROWS, _BETWEEN, "tokens", "warning", {"max_value": {"$PARAMETER": "max_length"}}),
    Required(ROWS, "expect_column_values_to_be_null", "duplicate", "warning", {}),
    Required(ROWS, "expect_column_values_to_be_in_set", "conflicting", "warning", {"value_set": [False]}),
    Required(ROWS, "expect_column_values_to_be_in_set", "personal", "warning", {"value_set": [0]}),
    Required(SET, "expect_table_row_count_to_be_between", "", "critical", {"min_value": 1, "max_value": 1}),
    Required(SET, _NOT_NULL, "rows", "critical", {}),
    Required(SET, _BETWEEN, "rows", "critical", {"min_value": 1}),
    Required(SET, _BETWEEN, "repeated_lines", "critical", {"max_value": 0}),
    Required(SET, _NOT_NULL, "faulty_share", "critical", {}),
    Required(SET, _BETWEEN, "faulty_share", "critical", {"max_value": {"$PARAMETER": "faulty_share"}}),
    Required(SET, _BETWEEN, "accepted", "warning", {"min_value": 500}),
)


def name(kind: str, column: str) -> str:
    return f"{kind}({column})"
