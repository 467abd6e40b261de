import pytest

from luthier import __version__
from luthier.facts import code_version, durations
from luthier.run_folder import RunFolder
from luthier.storage import append_jsonl


def event(time: float, kind: str = "metrics", **fields) -> dict:
    return {"time": time, "kind": kind, **fields}


def stage(time: float, state: str) -> dict:
    return event(time, "stage", stage="train", state=state)


KILLED_TWICE = [
    stage(100, "started"), event(130), stage(200, "started"), event(140),  # copied late, from the first attempt
    stage(300, "started"), stage(310, "finished"),
]  # fmt: skip
CLOCK_SET_BACK = [stage(100, "started"), stage(50, "finished")]


@pytest.mark.parametrize(("events", "seconds"), [(KILLED_TWICE, 40), (CLOCK_SET_BACK, 0)])
def test_durations_are_never_negative(tmp_path, events, seconds):
    run = RunFolder(tmp_path)
    for one in events:
        append_jsonl(run.events, one)
    assert durations(run) == {"train": seconds}


def test_a_machine_without_git_has_a_version_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version() == __version__
