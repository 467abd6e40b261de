from hypothesis import given
from hypothesis import strategies as st

from tasks.pace import Pace, in_words


def fed(*seen: tuple[float, int, int]) -> Pace:
    pace = Pace()
    for time, done, attempt in seen:
        pace.feed(time, done, attempt)
    return pace


@given(began=st.floats(0, 1e9), per_step_s=st.floats(0.01, 1e4), first=st.integers(0, 1000), steps=st.integers(1, 1000))
def test_a_steady_pace_is_foreseen(began, per_step_s, first, steps):
    pace = fed((began, first, 1), (began + steps * per_step_s, first + steps, 1))
    left = pace.left_s(first + 2 * steps)
    assert abs(left - steps * per_step_s) <= 1e-3 + 1e-3 * steps * per_step_s


def test_after_a_resume_only_the_new_speed_counts():
    slow_then_fast = fed((0, 0, 1), (100, 10, 1), (500, 10, 2), (502, 12, 2))
    assert slow_then_fast.left_s(20) == 8


def test_work_that_begins_again_is_measured_again():
    assert fed((0, 0, 1), (10, 10, 1), (12, 0, 1), (16, 1, 1)).left_s(2) == 4


def test_without_a_speed_nothing_is_said():
    assert Pace().left_s(10) is None
    assert fed((0, 5, 1)).left_s(10) is None


def test_in_words():
    assert [in_words(seconds) for seconds in (40, 720, 11100)] == ["40 s", "12 min", "3 h 5 min"]
