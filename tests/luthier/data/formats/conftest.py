"""Files of the formats' tests."""

import pytest
from taken_in import Take, taken


@pytest.fixture
def take(tmp_path) -> Take:
    """Write rows to a file and understand it with the values of the spec's section `data`."""
    return lambda rows, name="data.jsonl", **data: taken(tmp_path, rows, name, **data)
