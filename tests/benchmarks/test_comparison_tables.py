"""Ratios are taken repeat by repeat; what failed is said; unequal work is refused."""

import json

import pytest

from benchmarks.comparison import OURS, REFERENCE, Comparison, Repeat, check_equal_work
from benchmarks.process import Cost
from benchmarks.training_tables import equal_learning_table, process_cpu, ratio, speed_table

LIMIT = {
    "rows": 16, "tokens": 900, "trained_tokens": 300, "prefix": 24, "gflop_per_cpu_s": 200.0, "dtype": "bfloat16",
    "gflop_per_token": 0.5, "tokens_per_cpu_s_plain": 400.0, "tokens_per_cpu_s": 600.0,
}  # fmt: skip


def repeat(cpu: float, train: float | None, loss: float | None = 2.0, code: int = 0) -> Repeat:
    return Repeat(Cost(code, cpu, cpu, 1000.0), {"train_cpu_s": train} if train else {}, loss)


def cells(table: str, trainer: str) -> list[str]:
    return next(line for line in table.splitlines() if line.startswith(f"| {trainer}")).strip("| ").split(" | ")


def test_ratio_pairs_the_repeats():
    """The machine was half as fast in the last repeat; medians apart would give 10 / 4."""
    reference = [repeat(cpu, None) for cpu in (10, 10, 20)]
    assert ratio(process_cpu, reference, [repeat(cpu, None) for cpu in (5, 4, 4)]) == 2.5


def test_tables():
    repeats = {
        REFERENCE: [repeat(20, 15, 2.0), repeat(40, 30, 2.2)],
        OURS: [repeat(10, 3, 2.01), repeat(10, 3, 2.2)],
        "rival": [repeat(12, None, 2.1), repeat(12, None, 2.1)],
        "broken": [repeat(1, None, None, code=1), repeat(12, None, 2.1)],
    }
    comparison = Comparison("chats", 1, LIMIT, 2.5, repeats)
    speed, learning = speed_table(comparison), equal_learning_table(comparison)
    assert cells(speed, OURS)[3:7] == ["3.0", "300", "7.50", "3.00"] and cells(speed, OURS)[-1] == "50 %"
    assert "failed" in cells(speed, "broken") and "broken" not in learning
    assert cells(learning, OURS) == [OURS, "2.0100, 2.2000", "2.1050 ± 0.1344", "+0.0050 ± 0.0071"]


@pytest.mark.parametrize(
    ("steps", "tokens", "equal"), [(2, 900, True), (2, 916, True), (3, 900, False), (2, 990, False)]
)
def test_unequal_work_is_refused(tmp_path, steps, tokens, equal):
    ran = {}
    for name, told in {"a": {"steps": 2, "tokens": 900}, "b": {"steps": steps, "tokens": tokens}}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.json").write_text(json.dumps(told))
        ran[name] = [(Cost(0, 1, 1, 1), tmp_path / name)]
    if equal:
        check_equal_work(ran, LIMIT)
    else:
        with pytest.raises(RuntimeError, match="unequal work"):
            check_equal_work(ran, LIMIT)
