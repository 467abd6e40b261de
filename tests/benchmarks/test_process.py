import os
import sys

from benchmarks.process import measure, on_threads

BURN = """
import subprocess, sys, time
block = bytearray(80 << 20)
block[::4096] = b"x" * len(block[::4096])
if len(sys.argv) < 2: subprocess.run([sys.executable, __file__, "child"])
while time.process_time() < 0.5: pass
print("done")
"""


def test_a_commands_cost_holds_its_children(tmp_path):
    (tmp_path / "burn.py").write_text(BURN)
    cost = measure([sys.executable, str(tmp_path / "burn.py")], dict(os.environ), tmp_path / "log")
    assert cost.code == 0 and (tmp_path / "log").read_text() == "done\ndone\n"
    assert cost.cpu_s > 1 and cost.wall_s > 0
    assert cost.peak_mb > 80


def test_a_failure_is_told(tmp_path):
    assert measure([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ), tmp_path / "log").code == 3


def test_threads_are_held_to(tmp_path):
    code = "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"
    measure([sys.executable, "-c", code], on_threads(2, tmp_path), tmp_path / "log")
    assert (tmp_path / "log").read_text() == "2 2\n"
