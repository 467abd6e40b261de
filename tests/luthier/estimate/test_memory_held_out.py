"""The memory model against what was measured on configurations that it was not fitted on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.memory.configurations import FITTING, HELD_OUT
from benchmarks.memory.predicted import measured, off
from luthier.storage import read_json

CLOSE = 0.15
ROOT = Path(__file__).parents[3]

AGAIN = """
import json, sys
from pathlib import Path
from benchmarks.memory.__main__ import measure
measure([json.loads(sys.argv[1])], Path(sys.argv[2]))
"""


def test_it_is_tried_on_others_than_it_was_fitted_on():
    for name, configurations in (("fitting", FITTING), ("held_out", HELD_OUT)):
        assert [{key: each[key] for key in each.keys() - {"model", "peak_bytes"}} for each in measured(name)] == (
            configurations
        ), "run: python -m benchmarks.memory"
    assert len(HELD_OUT) >= 20
    assert not any(each in FITTING for each in HELD_OUT)


@pytest.mark.parametrize("name", ["fitting", "held_out"])
def test_nine_in_ten_are_predicted_within_15_percent(name):
    close = [abs(off(each)) <= CLOSE for each in measured(name)]
    assert sum(close) >= 0.9 * len(close)
    assert max(abs(off(each)) for each in measured(name)) < 2 * CLOSE


@pytest.mark.drill
def test_measuring_again_gives_what_is_committed(tmp_path):
    committed = next(each for each in measured("held_out") if each["shape"] == "deep" and each.get("loss") == "dpo")
    asked = {key: committed[key] for key in committed.keys() - {"model", "peak_bytes"}}
    command = [sys.executable, "-c", AGAIN, json.dumps(asked), tmp_path / "measured.json"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True, capture_output=True)
    (again,) = read_json(tmp_path / "measured.json")
    assert abs(again["peak_bytes"] / committed["peak_bytes"] - 1) <= CLOSE
