import pytest
from hypothesis import given
from hypothesis import strategies as st

from luthier.spec import RunSpec
from luthier.stages import STAGES, run_id, slug, stage_key

SPEC = RunSpec.model_validate({"name": "Support Bot", "data": {"path": "a.jsonl"}})


def changed(**sections: dict[str, object]) -> RunSpec:
    return RunSpec.model_validate(SPEC.model_dump() | {k: SPEC.model_dump()[k] | v for k, v in sections.items()})


def test_run_id_depends_on_content_not_on_place_or_notes():
    here = run_id(SPEC, "abc")
    assert here.startswith("support-bot-")
    assert run_id(changed(data={"path": "/elsewhere/b.jsonl"}), "abc") == here
    assert run_id(SPEC.model_copy(update={"notes": "x"}), "abc") == here
    assert run_id(changed(compute={"threads": 1}), "abc") == here
    assert run_id(SPEC, "abd") != here
    assert run_id(SPEC.model_copy(update={"seed": 18}), "abc") != here
    assert run_id(changed(training={"rank": 4}), "abc") != here


@pytest.mark.parametrize(
    ("section", "touched"),
    [
        ({"training": {"rank": 4}}, {"train", "eval", "report"}),
        ({"evaluation": {"max_examples": 7}}, {"baseline-eval", "eval", "report"}),
        ({"data": {"dedupe": "near"}}, set(STAGES)),
        ({"report": {"brand": {"name": "Acme"}}}, {"report"}),
        ({"compute": {"threads": 1}}, set()),
    ],
)
def test_a_stage_key_changes_only_with_what_the_stage_reads(section, touched):
    other = changed(**section)
    assert {name for name in STAGES if stage_key(name, SPEC, "abc") != stage_key(name, other, "abc")} == touched


def test_a_raised_version_touches_only_later_stages(monkeypatch):
    before = {name: stage_key(name, SPEC, "abc") for name in STAGES}
    monkeypatch.setitem(STAGES, "baseline-eval", STAGES["baseline-eval"]._replace(version=99))
    assert {name for name in STAGES if stage_key(name, SPEC, "abc") != before[name]} == {
        "baseline-eval",
        "eval",
        "report",
    }


@given(st.text(max_size=80))
def test_slug_is_safe_as_a_folder_name(name):
    made = slug(name)
    assert made and len(made) <= 40
    assert all(c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in made)
    assert not made.startswith("-") and not made.endswith("-")
