from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from luthier.errors import Problems, SpecError
from luthier.spec import METRICS
from luthier.spec_file import anchored, load_spec, parse_spec, save_spec

MINIMAL = {"name": "bot", "data": {"path": "data.jsonl"}}


def write(folder: Path, content: object) -> Path:
    path = folder / "spec.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_paths_start_at_the_specs_folder(tmp_path):
    spec = load_spec(write(tmp_path, MINIMAL | {"model": {"base": "./model"}}))
    assert spec.data.path == tmp_path / "data.jsonl"
    assert spec.model.base == str(tmp_path / "model")


def test_every_fault_is_reported_with_its_key(tmp_path):
    bad = MINIMAL | {"sed": 3, "training": {"epochs": -1, "rank": "many"}, "evaluation": {"primary_metric": "bleu"}}
    with pytest.raises(Problems) as caught:
        load_spec(write(tmp_path, bad))
    text = str(caught.value)
    assert caught.value.exit_code == 2
    assert len(caught.value.problems) == 4
    for key in ("sed: unknown key", "training.epochs", "training.rank", "evaluation.primary_metric"):
        assert key in text
    assert "Did you mean seed?" in text


def test_more_processes_than_a_pod_has_gpus_are_refused_before_it_is_rented(tmp_path):
    compute = {"processes": 2}
    assert load_spec(write(tmp_path, MINIMAL | {"compute": compute})).compute.processes == 2
    with pytest.raises(Problems, match="a rented pod has one GPU") as caught:
        load_spec(write(tmp_path, MINIMAL | {"compute": compute | {"provider": "runpod"}}))
    assert "compute.processes" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name: [", "spec.yaml:1"),
        ("- a\n- b\n", "not keys and values"),
        ("", "holds nothing"),
        ("name: a\n\tdata: b\n", "spec.yaml:2"),
    ],
)
def test_files_that_are_no_spec(tmp_path, content, expected):
    with pytest.raises(SpecError, match=expected.replace(".", r"\.")):
        load_spec(write(tmp_path, content))


def test_missing_file(tmp_path):
    with pytest.raises(SpecError, match="not there"):
        load_spec(tmp_path / "nothing.yaml")


def test_binary_file(tmp_path):
    (tmp_path / "spec.yaml").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(SpecError):
        load_spec(tmp_path / "spec.yaml")


def test_overrides(tmp_path):
    path = write(tmp_path, MINIMAL)
    spec = load_spec(path, ["training.epochs=1", "evaluation.few_shot=[]", "notes=a=b"])
    assert (spec.training.epochs, spec.evaluation.few_shot, spec.notes) == (1, [], "a=b")
    with pytest.raises(SpecError, match="--set"):
        load_spec(path, ["training.epochs"])
    with pytest.raises(SpecError, match="holds a value"):
        load_spec(path, ["name.first=x"])


def test_saved_spec_reads_back_equal(tmp_path):
    spec = parse_spec(MINIMAL | {"data": {"path": str(tmp_path / "d.jsonl")}, "notes": "żółć <b>"})
    save_spec(spec, tmp_path / "saved.yaml")
    assert load_spec(tmp_path / "saved.yaml") == spec


@given(st.sampled_from([*METRICS, "perplexity"]), st.sampled_from(["-30%", "+0.02", ">=0.5", "<= 4.0", "+5 %"]))
def test_accept_takes_every_way_of_writing(metric, wanted):
    spec = parse_spec(MINIMAL | {"evaluation": {"accept": {metric: wanted}}})
    assert spec.evaluation.accept[metric].strip() == wanted


@pytest.mark.parametrize("accept", [{"bleu": "+1"}, {"chrf": "better"}, {"chrf": ""}, {"chrf": "-"}])
def test_accept_refuses_what_is_not_measured_or_not_readable(accept):
    with pytest.raises(Problems, match="evaluation.accept"):
        parse_spec(MINIMAL | {"evaluation": {"accept": accept}})


def test_project_may_be_just_a_name():
    assert parse_spec(MINIMAL | {"project": "acme"}).project.name == "acme"


def test_accept_names_only_what_is_measured():
    with pytest.raises(Problems, match=r"evaluation\.accept: rouge_l would not be measured"):
        parse_spec(MINIMAL | {"evaluation": {"metrics": ["chrf"], "accept": {"rouge_l": "+0.1"}}})
    evaluation = {"primary_metric": "rouge_l", "metrics": ["chrf"], "accept": {"rouge_l": "+0.1", "perplexity": "-1%"}}
    assert parse_spec(MINIMAL | {"evaluation": evaluation}).evaluation.accept


@pytest.mark.parametrize("content", ["name: 2024-02-30\n", f"name: {'[' * 3000}\n", "name: !!bool x\n"])
def test_values_that_yaml_stumbles_over(tmp_path, content):
    with pytest.raises(SpecError, match="not valid YAML"):
        load_spec(write(tmp_path, content))


def test_an_override_that_is_no_date_is_text(tmp_path):
    assert load_spec(write(tmp_path, MINIMAL), ["notes=2024-02-30"]).notes == "2024-02-30"


def test_a_path_of_an_unknown_user_is_one_that_is_not_there(tmp_path):
    spec = load_spec(write(tmp_path, MINIMAL | {"data": {"path": "~nobody-here/data.jsonl"}}))
    assert not spec.data.path.exists()


def test_a_saved_spec_means_the_same_from_every_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = anchored(parse_spec(MINIMAL | {"model": {"base": "./base"}}), Path())
    save_spec(spec, tmp_path / "run" / "spec.yaml")
    assert load_spec(tmp_path / "run" / "spec.yaml") == spec
    assert spec.model.base == str(tmp_path / "base") and spec.data.path == tmp_path / "data.jsonl"
