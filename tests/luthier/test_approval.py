"""Whether a run may go on is one record, whoever asks."""

from dataclasses import replace

import pytest

from luthier.approval import check_data, decide
from luthier.approval_record import last
from luthier.errors import DataError, NotFound, WaitsForApproval
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec


@pytest.fixture
def run(tmp_path):
    def of(approve: bool) -> Run:
        spec = RunSpec.model_validate({"name": "t", "data": {"path": tmp_path / "d.jsonl", "approve": approve}})
        found = Run(spec, "0" * 64, RunFolder(tmp_path / "runs" / "t-1"), Settings(home=tmp_path))
        found.folder.complete("validate-data", found.key("validate-data"), {}, 1.0)
        return found

    return of


def test_nothing_to_approve(run):
    check_data(run(approve=False))


def test_it_waits_with_code_5_and_says_how_to_go_on(run):
    with pytest.raises(WaitsForApproval, match=r"luthier approve t-1") as caught:
        check_data(run(approve=True))
    assert caught.value.exit_code == 5 and not caught.value.retryable


def test_who_and_when_are_kept(run):
    waiting = run(approve=True)
    decide(waiting.folder, "data", True, "ada")
    check_data(waiting)
    told = last(waiting.folder, "data")
    assert told and told["by"] == "ada" and told["approved"] and told["at"] > 1.6e9


def test_a_rejection_stops_it_until_somebody_says_yes(run):
    waiting = run(approve=True)
    decide(waiting.folder, "data", False, "ada")
    with pytest.raises(DataError, match="the data was rejected by ada"):
        check_data(waiting)
    decide(waiting.folder, "data", True, "bob")
    check_data(waiting)


def test_data_that_did_not_pass_cannot_be_approved(run):
    waiting = run(approve=True)
    waiting.folder.marker("validate-data").unlink()
    with pytest.raises(NotFound, match="have not passed the checks"):
        decide(waiting.folder, "data", True, "ada")


def test_a_word_holds_for_what_was_found_then(run, tmp_path):
    """Other rules of the team judge anew: who approved the data before has not seen what is found now."""
    waiting = run(approve=True)
    decide(waiting.folder, "data", True, "ada")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "expectations.json").write_text("{}")
    spec = waiting.asked.model_copy(update={"data": waiting.asked.data.model_copy(update={"rules": rules})})
    with pytest.raises(WaitsForApproval):
        check_data(replace(waiting, asked=spec))
