"""The expectations without which the gate is no gate, as (type, column).

Great Expectations drops an expectation that it does not know with a line in the log and goes on.
This list stands outside the suite, so that one that was deleted or misspelt there is missed.
"""

REQUIRED = (
    ("expect_table_row_count_to_be_between", ""),
    ("expect_column_values_to_not_be_null", "source_line"),
    ("expect_column_values_to_be_unique", "source_line"),
    ("expect_column_values_to_be_null", "structure_error"),
    ("expect_column_values_to_be_in_set", "last_role"),
    ("expect_column_values_to_be_between", "trained_tokens"),
    ("expect_column_values_to_be_between", "tokens"),
    ("expect_column_sum_to_be_between", "accepted"),
    ("expect_column_values_to_be_null", "duplicate"),
    ("expect_column_values_to_be_in_set", "conflicting"),
)


def name(kind: str, column: str) -> str:
    return f"{kind}({column})"
