"""What is counted over all chunks of rows, for the rules of the whole set."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = {"rows": "int64", "accepted": "int64", "faulty_share": "Float64", "repeated_lines": "int64"}


class Tally:
    def __init__(self) -> None:
        self.rows = self.accepted = self.faulty = 0
        self._lines: list[np.ndarray] = []

    def add(self, chunk: "DataFrame") -> None:
        """`chunk`: rows as `frame` makes them."""
        import pandas as pd

        self.rows += len(chunk)
        self.accepted += int(chunk["accepted"].sum())
        self.faulty += int(chunk["structure_error"].notna().sum())
        self._lines.append(pd.util.hash_array(chunk["source_line"].to_numpy(dtype=object), categorize=False))

    def frame(self) -> "DataFrame":
        """One row. Lines are compared by 64-bit hashes: of a million two look equal with odds of 1 in 37 million."""
        import pandas as pd

        lines = np.concatenate(self._lines) if self._lines else np.empty(0)
        counted = {
            "rows": self.rows,
            "accepted": self.accepted,
            "faulty_share": self.faulty / self.rows if self.rows else None,
            "repeated_lines": len(lines) - len(np.unique(lines)),
        }
        return pd.DataFrame([counted], columns=list(COLUMNS)).astype(COLUMNS)
