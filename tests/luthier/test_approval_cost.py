"""Words on what a run may cost: what they cap, which estimates they hold for, and that none is lost."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from luthier.approval import check_cost, covers, decide, needs_word, suggested_cap
from luthier.approval_record import ask, last, read
from luthier.compute.spending import Spending
from luthier.errors import CostRejected, OverBudget, WaitsForApproval
from luthier.estimate.ranges import Range
from luthier.run import Run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import BudgetSpec, RunSpec
from luthier.storage import write_json


def estimated(*usd: float) -> Any:
    """What is read of an estimate; no dollars: no price is known."""
    return SimpleNamespace(rented=True, usd=Range(*usd) if usd else None)


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    monkeypatch.setattr("luthier.approval.lines", lambda *_: ["the estimate"])
    folder = RunFolder(tmp_path / "runs" / "t-1")
    folder.root.mkdir(parents=True)
    spec = RunSpec.model_validate({"name": "t", "data": {"path": tmp_path / "d.jsonl"}})
    return Run(spec, "0" * 64, folder, Settings(home=tmp_path))


def spent(run: Run, monkeypatch, usd: float, **budget: Any) -> Spending:
    monkeypatch.setattr(Spending, "usd", lambda _: usd)
    return Spending(run.folder, run.spec.model_copy(update={"budget": BudgetSpec(**budget)}))


def test_the_likely_cost_decides_and_an_unknown_one_asks():
    budget = BudgetSpec()
    assert not needs_word(estimated(10, 150, 900), budget) and needs_word(estimated(10, 151, 152), budget)
    assert needs_word(estimated(), budget)
    assert not needs_word(estimated(900, 900, 900), BudgetSpec(approve_above_usd=None))


def test_the_cap_is_the_high_end_rounded_up():
    caps = {187.3: 190, 1234.0: 1300, 150.0: 150, 7.21: 7.3, 0.004: 0.01}
    assert {usd: suggested_cap({"high": usd}, BudgetSpec()) for usd in caps} == caps
    assert suggested_cap(None, BudgetSpec()) == 150 and suggested_cap(None, BudgetSpec(max_usd=80)) == 80


def test_it_asks_with_code_5_and_again_only_above_the_cap(run):
    with pytest.raises(WaitsForApproval, match=r"likely costs \$200.00 .* luthier approve t-1") as caught:
        check_cost(run, estimated(100, 200, 400))
    assert caught.value.exit_code == 5 and read(run.folder)["asked"]["usd"]["high"] == 400
    decide(run.folder, "cost", True, "ada")
    assert read(run.folder)["asked"] is None
    check_cost(run, estimated(100, 390, 800))
    with pytest.raises(WaitsForApproval, match=r"more than the \$400.00 that ada approved"):
        check_cost(run, estimated(100, 410, 800))


def test_a_cap_below_the_likely_cost_is_no_reason_to_ask_for_ever():
    word = {"approved": True, "cap_usd": 160.0, "usd": {"low": 100, "likely": 200, "high": 400}}
    assert covers(word, {"low": 0, "likely": 200, "high": 0}) and not covers(word, {"low": 0, "likely": 201, "high": 0})


def test_a_rejection_is_code_6_and_the_next_word_replaces_it(run):
    ask(run.folder, "cost", {"low": 1.0, "likely": 200.0, "high": 300.0})
    decide(run.folder, "cost", False, "ada", "too dear")
    with pytest.raises(CostRejected, match="rejected by ada. The note: too dear") as caught:
        check_cost(run, estimated(100, 200, 300))
    assert caught.value.exit_code == 6
    write_json(run.folder.estimate, {"usd": {"low": 1.0, "likely": 200.0, "high": 300.0}, "rented": True})
    decide(run.folder, "cost", True, "bob", cap_usd=250)
    check_cost(run, estimated(100, 200, 300))
    assert [(word["by"], word["approved"]) for word in read(run.folder)["words"]] == [("ada", False), ("bob", True)]


def test_a_record_of_before_is_still_read(run):
    write_json(run.folder.approval, {"about": "data", "approved": True, "by": "ada", "at": time.time(), "key": "k"})
    word = last(run.folder, "data")
    assert word and word["by"] == "ada" and word["note"] == "" and last(run.folder, "cost") is None


def test_the_lower_limit_ends_it_and_is_named(run, monkeypatch):
    ask(run.folder, "cost", {"low": 1.0, "likely": 200.0, "high": 300.0})
    decide(run.folder, "cost", True, "ada", cap_usd=250)
    assert spent(run, monkeypatch, 240, max_usd=260).usd_left() == 10
    with pytest.raises(OverBudget, match=r"ada approved up to \$250.00.*luthier approve t-1 --cap") as caught:
        spent(run, monkeypatch, 250, max_usd=260).check()
    assert caught.value.exit_code == 6
    with pytest.raises(OverBudget, match=r"budget.max_usd is \$200.00"):
        spent(run, monkeypatch, 240, max_usd=200).check()


def test_nobody_is_surprised_while_it_runs(run, monkeypatch):
    """An estimate that was too low does not carry a run past the limit above which a person must approve."""
    spent(run, monkeypatch, 149).check()
    with pytest.raises(WaitsForApproval, match=r"above \$150.00 a person has to approve it"):
        spent(run, monkeypatch, 151).check()
    assert read(run.folder)["asked"]["about"] == "cost"
    decide(run.folder, "cost", True, "ada", cap_usd=300)
    spent(run, monkeypatch, 151).check()
