import pytest
from report_run import change, make_facts, make_run, make_spec

from luthier.reporting import numbers, words
from luthier.reporting.record import assemble


@pytest.fixture
def report(tmp_path):
    return assemble(make_run(tmp_path), make_spec(), make_facts())


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.041, 0.102, "between 0.041 and 0.102 higher"),
        (-0.102, -0.041, "between 0.041 and 0.102 lower"),
        (-0.01, 0.03, "between 0.010 lower and 0.030 higher"),
        (0.0, 0.02, "between 0.000 and 0.020 higher"),
    ],
)
def test_interval_in_words(low, high, said):
    assert numbers.interval_words(change(0.0, low, high)) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.05, "training was worth more"),
        (-0.05, -0.01, "use the prompt"),
        (-0.01, 0.02, "a prompt may be enough"),
    ],
)
def test_few_shot_is_weighed_against_the_tuned_model(report, low, high, said):
    report["versus_few_shot"]["chrf"] = change(0.0, low, high)
    assert said in words.few_shot(report)


def test_limits_name_the_dequantised_base_only_when_it_is_one(report):
    assert "dequantised" in " ".join(words.limits(report))
    report["lineage"]["base_description"] = "acme/base at 1234"
    assert "dequantised" not in " ".join(words.limits(report))


def test_limits_say_what_a_cut_takes_away(report):
    report["tuned"]["truncated"] = 3
    assert "3 test conversations" in " ".join(words.limits(report)) and "beginning" in " ".join(words.limits(report))


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "not measured"), (4.21, "4.2 s"), (59.9, "60 s"), (707, "11 min 47 s"), (7260, "2 h 01 min")],
)
def test_seconds_as_people_read_them(value, said):
    assert numbers.seconds(value) == said


def test_signs_are_real_minus_signs():
    assert numbers.amount(change(-0.05, -0.1, 0.0)) == "−0.050"
    assert numbers.amount({"value": -0.531, "value_kind": "relative"}) == "−53.1 %"


def test_what_was_foreseen_stands_beside_what_it_took(report):
    assert words.estimate(report) == ""
    report["estimate"] = {"seconds": {"low": 60, "likely": 90, "high": 120}, "actual_seconds": 100.0}
    assert words.estimate(report).endswith("1 min 00 s to 2 min 00 s, likely 1 min 30 s. They took 1 min 40 s.")
