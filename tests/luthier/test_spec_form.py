import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import ValidationError, validate

from luthier.data_spec import DataSpec
from luthier.spec import RunSpec, TrainingSpec
from luthier.spec_form import described

FILLED = {"name": "n", "data": {"path": "d.jsonl"}}


@pytest.fixture(scope="module")
def schema():
    def flow(spec: RunSpec):
        pass

    return parameter_schema(flow).model_dump_for_openapi()


def check(schema, **sections):
    validate({"spec": {**FILLED, **sections}}, schema, raise_on_error=True)


def test_ranges_are_said_in_words():
    assert described(TrainingSpec.model_fields["rank"]).endswith("At least 1, at most 1,024.")
    assert described(DataSpec.model_fields["max_quarantined"]).endswith("At least 0, at most 1.")


def test_the_usual_comes_first_and_the_rest_apart(schema):
    training = schema["definitions"]["RunSpec"]["properties"]["training"]
    usual, everything = training["anyOf"]
    assert usual["title"] == "Usual" and list(usual["properties"]) == list(TrainingSpec.usual)
    properties = schema["definitions"][everything["$ref"].rpartition("/")[2]]["properties"]
    assert set(properties) == set(TrainingSpec.model_fields)
    assert sorted(properties, key=lambda name: properties[name]["position"])[: len(TrainingSpec.usual)] == list(
        TrainingSpec.usual
    )


def test_a_form_with_name_and_path_is_enough(schema):
    check(schema)


def test_a_whole_spec_with_its_nulls_is_taken(schema):
    check(schema, **RunSpec.model_validate(FILLED).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("training", "epochs", 1000),
        ("training", "rank", 0),
        ("data", "path", ""),
        ("budget", "max_usd", -1),
        ("evaluation", "few_shot", [99]),
    ],
)
def test_a_wrong_value_is_told_with_its_key(schema, section, key, value):
    with pytest.raises(ValidationError, match=rf"spec\.{section}\.{key}"):
        check(schema, **{section: {**FILLED.get(section, {}), key: value}})


def test_every_choice_is_explained():
    for section in RunSpec.model_fields.values():
        for name, field in getattr(section.annotation, "model_fields", {}).items():
            choices = getattr(field.annotation, "__args__", ()) if "Literal" in str(field.annotation)[:20] else ()
            if len(choices) < 8:
                missing = [each for each in choices if f"{each}:" not in (field.description or "")]
                assert not [each for each in missing if isinstance(each, str)], (name, missing)
