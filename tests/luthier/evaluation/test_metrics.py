"""Answer metrics: known values, bounds, and `evaluate.load` without a hub."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.evaluation import metrics
from luthier.evaluation.metrics import SCORES
from luthier.spec import METRICS

KNOWN = [
    ("exact_match", "Yes, it is.", "yes it is", 1.0),
    ("exact_match", "yes", "yes it is", 0.0),
    ("exact_match", "ﬁne", "fine", 1.0),
    ("exact_match", "🙂", "🙂", 1.0),
    ("exact_match", "🙁", "🙂", 0.0),
    ("token_f1", "the cat sat", "a cat sat down", 4 / 7),  # 2 in common, 3 + 4 words
    ("token_f1", "no no no", "no", 0.5),  # a repeated word is found once
    ("token_f1", "", "", 1.0),
    ("token_f1", "", "word", 0.0),
    ("rouge_l", "a b c d", "a c b d", 0.75),  # a c d or a b d: 3 of 4 and 4
    ("rouge_l", "α β", "α β", 1.0),
    ("rouge_l", "", "word", 0.0),
    ("chrf", "hello", "hello", 1.0),
    ("chrf", "xyz", "abc", 0.0),
]


@pytest.mark.parametrize(("name", "prediction", "reference", "expected"), KNOWN)
def test_known_values(name, prediction, reference, expected):
    assert SCORES[name](prediction, reference) == pytest.approx(expected)


def test_every_metric_of_the_spec_is_there():
    assert tuple(SCORES) == METRICS


@pytest.mark.parametrize("name", METRICS)
@given(prediction=st.text(max_size=40), reference=st.text(max_size=40))
def test_scores_lie_between_0_and_1(name, prediction, reference):
    assert 0 <= SCORES[name](prediction, reference) <= 1 + 1e-12


@pytest.mark.parametrize("name", METRICS)
@given(text=st.text("abcdef ghij", min_size=1, max_size=40).filter(str.strip))
def test_the_reference_itself_scores_1(name, text):
    assert math.isclose(SCORES[name](text, text), 1)


@pytest.fixture(scope="module")
def module_cache(tmp_path_factory):
    """Where `evaluate` copies the modules to: not into the user's home."""
    folder = str(tmp_path_factory.mktemp("evaluate"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaluate.config.HF_MODULES_CACHE", folder)
        yield folder


@pytest.mark.parametrize("name", METRICS)
def test_evaluate_loads_it_without_a_hub(name, module_cache):
    import evaluate

    module = evaluate.load(str(Path(metrics.__file__).with_name(f"{name}.py")), cache_dir=module_cache)
    predictions, references = ["yes it is", "no"], ["yes", "no"]
    scores = [SCORES[name](*pair) for pair in zip(predictions, references, strict=True)]
    result = module.compute(predictions=predictions, references=references)
    assert result == {name: pytest.approx(sum(scores) / 2), "scores": scores}
