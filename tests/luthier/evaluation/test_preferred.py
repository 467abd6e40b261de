"""Which of two answers a model finds likelier, by plain transformers and by ours."""

import json

import pytest
import torch
from evaluation_run import SPEC, row
from torch.nn.functional import cross_entropy

from luthier.errors import Problems, SpecError
from luthier.evaluation.arm import as_it_is, measure, preferred
from luthier.evaluation.journal import Journal
from luthier.evaluation.loaded import load
from luthier.events import EventLog
from luthier.models.chat import IGNORED, encode
from luthier.run import open_run
from luthier.settings import Settings
from luthier.spec import RunSpec
from luthier.validation import _check_metrics, validate


def pair(number: int) -> dict:
    return {**row("test", number), "meta": json.dumps({"rejected": row("rest", number + 7)["messages"][-1]["content"]})}


@pytest.fixture(scope="module")
def loaded(tiny_model):
    return load(SPEC, tiny_model)


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "partial.jsonl", ["test"], EventLog(tmp_path / "events.jsonl"), lambda: False)


def mean_surprise(loaded, question: dict, text: str) -> float:
    ids, labels, _ = encode(loaded.tokenizer, [question, {"role": "assistant", "content": text}], 512)
    with torch.no_grad():
        logits = loaded.engine.model(torch.tensor([ids])).logits[0, :-1]
    return cross_entropy(logits, torch.tensor(labels[1:]), ignore_index=IGNORED).item()


def test_it_is_what_plain_transformers_finds(loaded, journal):
    rows = [pair(number) for number in range(12)]
    expected = []
    for each in rows:
        question, answer = each["messages"]
        rejected = json.loads(each["meta"])["rejected"]
        likelier = mean_surprise(loaded, question, answer["content"]) < mean_surprise(loaded, question, rejected)
        expected.append(float(likelier))
    assert 0 < sum(expected) < 12, "all alike show nothing"
    assert preferred(loaded, "base", rows, as_it_is, journal) == expected
    arm = measure(loaded, "base", rows, ["preferred", "chrf"], journal)
    assert [prediction["scores"]["preferred"] for prediction in arm.predictions] == expected


def test_it_is_refused_of_data_without_rejected_answers():
    asked = SPEC.model_copy(update={"evaluation": SPEC.evaluation.model_copy(update={"metrics": ["preferred"]})})
    _check_metrics(asked, paired=True)
    with pytest.raises(SpecError, match="cannot be measured") as refused:
        _check_metrics(asked, paired=False)
    assert refused.value.where == "evaluation.metrics"


def test_a_pair_that_parts_before_the_last_answer_is_refused(tiny_model, tmp_path):
    """Whatever is learned: there is nothing to compare the chosen answer with."""
    rows = [{"prompt": f"What is {n}?", "chosen": f"It is {n}.", "rejected": "No idea."} for n in range(40)]
    rejected = [("user", "Why?"), ("assistant", "No."), ("user", "What else?"), ("assistant", "Nothing.")]
    rows[7] = {
        "chosen": [{"role": role, "content": content} for role, content in [("user", "Why?"), ("assistant", "So.")]],
        "rejected": [{"role": role, "content": content} for role, content in rejected],
    }
    (tmp_path / "data.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    asked = {
        "name": "pairs",
        "data": {"path": str(tmp_path / "data.jsonl")},
        "model": {"base": str(tiny_model)},
        "training": {"loss": "cross_entropy"},
        "evaluation": {"primary_metric": "preferred"},
    }
    with pytest.raises(Problems, match="1 row cannot be compared"):
        list(validate(open_run(RunSpec.model_validate(asked), Settings(home=tmp_path / "home"))))
