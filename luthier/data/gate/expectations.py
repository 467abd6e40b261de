"""The expectations without which the gate is no gate.

Great Expectations drops an expectation that it does not know with a line in the log and goes on.
This list stands outside the suite, so that one that was deleted, misspelt or softened there is missed.
"""

from typing import Any, NamedTuple


class Required(NamedTuple):
    """As the suite has to hold it: kwargs without the column."""

    kind: str
    column: str
    severity: str
    kwargs: dict[str, Any]


REQUIRED = (
    Required("expect_table_row_count_to_be_between", "", "critical", {"min_value": 1}),
    Required("expect_column_values_to_not_be_null", "source_line", "critical", {}),
    Required("expect_column_values_to_be_unique", "source_line", "critical", {}),
    Required(
        "expect_column_values_to_be_null", "structure_error", "critical", {"mostly": {"$PARAMETER": "sound_share"}}
    ),
    Required("expect_column_values_to_be_in_set", "last_role", "critical", {"value_set": ["assistant"]}),
    Required("expect_column_values_to_be_between", "trained_tokens", "critical", {"min_value": 1}),
    Required("expect_column_values_to_be_between", "tokens", "warning", {"max_value": {"$PARAMETER": "max_length"}}),
    Required("expect_column_sum_to_be_between", "accepted", "warning", {"min_value": 500}),
    Required("expect_column_values_to_be_null", "duplicate", "warning", {}),
    Required("expect_column_values_to_be_in_set", "conflicting", "warning", {"value_set": [False]}),
)


def name(kind: str, column: str) -> str:
    return f"{kind}({column})"
