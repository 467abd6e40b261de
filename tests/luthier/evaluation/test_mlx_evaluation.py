"""MLX answers and scores as PyTorch does, and again as it did before."""

import pytest
from evaluation_run import SPEC, row, write_adapter

from luthier.evaluation import loaded
from luthier.evaluation.perplexity import reference
from luthier.models.chat import prompt_ids

pytest.importorskip("mlx_lm")

from luthier.evaluation import mlx_engine  # noqa: E402

ROWS = [row("question", number) for number in range(9)]
EVERY = set(range(len(ROWS)))


@pytest.fixture(scope="module")
def adapter(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapter")
    write_adapter(folder, tiny_model)
    return folder


def of(engine: str, base, tuned=None, **training) -> loaded.Loaded:
    section = SPEC.training.model_copy(update={"engine": engine, **training})
    return loaded.load(SPEC.model_copy(update={"training": section}), base, tuned)


def asked(by: loaded.Loaded) -> tuple[list, list]:
    prompts = [prompt_ids(by.tokenizer, item["messages"], by.room) for item in ROWS]
    return prompts, [reference(by.tokenizer, item["messages"], by.context) for item in ROWS]


def test_both_engines_say_the_same(tiny_model, adapter):
    ours, theirs = (of(engine, tiny_model, adapter) for engine in ("mlx", "trl"))
    prompts, references = asked(ours)
    answers, scores = dict(ours.engine.answer(prompts, EVERY)), dict(ours.engine.score(references, EVERY))
    assert answers == dict(theirs.engine.answer(prompts, EVERY))
    expected = dict(theirs.engine.score(references, EVERY))
    assert [scores[row].nll for row in EVERY] == pytest.approx([expected[row].nll for row in EVERY], rel=1e-5)
    assert [scores[row].tokens for row in EVERY] == [expected[row].tokens for row in EVERY]
    with ours.engine.without_adapter(), theirs.engine.without_adapter():
        base, again = dict(ours.engine.score(references, {2})), dict(theirs.engine.score(references, {2}))
    assert base[2].nll == pytest.approx(again[2].nll, rel=1e-5) != pytest.approx(scores[2].nll, rel=1e-5)
    assert ours.engine.decoding.keys() == theirs.engine.decoding.keys()


@pytest.mark.parametrize("held", [{"dtype": "bfloat16"}, {"method": "qlora"}])
def test_what_is_asked_again_comes_out_as_it_would_have(tiny_model, adapter, held, monkeypatch):
    """Bit for bit, also in a batch of which some rows are known already."""
    monkeypatch.setattr(mlx_engine, "ANSWERED_AT_ONCE", 250)
    monkeypatch.setattr(mlx_engine, "READ_AT_ONCE", 250)
    by = of("mlx", tiny_model, adapter, **held)
    prompts, references = asked(by)
    answers, scores = dict(by.engine.answer(prompts, EVERY)), dict(by.engine.score(references, EVERY))
    for wanted in ({0}, {1, 4}, {2, 3, 5, 6, 7}):
        assert dict(by.engine.answer(prompts, wanted)) == {row: answers[row] for row in wanted}
        assert dict(by.engine.score(references, wanted)) == {row: scores[row] for row in wanted}


def test_a_base_in_four_bits_is_asked_in_four_bits(tiny_model):
    whole, quantised = of("mlx", tiny_model), of("mlx", tiny_model, method="qlora")
    _, references = asked(whole)
    one, other = (dict(by.engine.score(references, {0}))[0].nll for by in (whole, quantised))
    assert one != other and one == pytest.approx(other, rel=0.1)
