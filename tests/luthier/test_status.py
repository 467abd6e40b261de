"""How a run stands is known from its folder alone."""

import pytest

from luthier import status
from luthier.errors import AlreadyRunning
from luthier.run_folder import RunFolder


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "t-1")
    folder.root.mkdir()
    return folder


def test_a_run_that_nobody_started_has_no_standing(run):
    assert status.standing(run) is None and status.creator(run) == status.account()


def test_the_first_one_stays_its_creator(run):
    for by in ("ada", "bob"):
        with run.locked():
            status.begin(run, by, "terminal", "f")
            assert status.standing(run)["state"] == "running"
            status.end(run, "failed", "No room.")
    told = status.standing(run)
    assert (told["creator"], told["by"], told["state"], told["why"]) == ("ada", "bob", "failed", "No room.")
    assert status.creator(run) == "ada"


def test_running_while_nobody_holds_it_is_crashed(run):
    status.begin(run, "ada", "prefect", "f")
    assert status.standing(run)["state"] == "crashed"


def test_looking_does_not_keep_others_from_taking_it(run):
    with run.locked():
        assert run.is_held()
        with pytest.raises(AlreadyRunning, match="process"), run.locked():
            pass
    assert not run.is_held()
    with run.locked():
        pass
