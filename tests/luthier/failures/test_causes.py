"""The catalogue by itself: what is recognised of an error, and the change that is computed from the spec.

That each is met in real runs is shown in tests/flows/failures.
"""

import pytest
from made_runs import make
from report_run import validation

from luthier import errors
from luthier.failures import record
from luthier.failures.causes import CAUSES
from luthier.settings import Settings
from luthier.storage import append_jsonl, write_json

TRAINED = {"micro_batch_tokens": 1024, "max_length": 512, "learning_rate": 3e-4, "dtype": "float32"}
MEMORY = ("there is not enough memory to train with these values", "", "", "training.micro_batch_tokens")


@pytest.fixture
def failed(tmp_path):
    """What is kept of an error that ended a stage; `spec`: sections of the run's spec."""

    def of(error: Exception, stage: str = "", **spec):
        run = make(Settings(home=tmp_path), "t-1", "failed", error=error, **({"training": TRAINED} | spec))
        if stage:
            append_jsonl(run.events, {"time": 1.0, "kind": "stage", "stage": stage, "state": "started"})
        write_json(run.validation, validation())
        told = record.keep(run, error)
        return told["cause"], [(each["key"], each["old"], each["new"]) for each in told["change"]]

    return of


def test_memory_while_training_first_halves_what_goes_through_at_once(failed):
    cause, change = failed(errors.OutOfMemory(*MEMORY), "train")
    assert (cause, change) == ("host_memory", [("training.micro_batch_tokens", 1024, 512)])


def test_never_below_the_longest_row_then_it_recomputes_then_it_cuts(failed, tmp_path):
    tight = TRAINED | {"micro_batch_tokens": 311}  # the longest row of the data
    asked = errors.OutOfMemory(*MEMORY)
    assert failed(asked, "train", training=tight)[1] == [("training.gradient_checkpointing", None, True)]


def test_recomputed_already_it_cuts_the_examples(failed):
    last = TRAINED | {"micro_batch_tokens": 311, "gradient_checkpointing": True}
    asked = errors.OutOfMemory(*MEMORY)
    assert failed(asked, "train", training=last)[1] == [("training.max_length", 512, 155)]  # half of the longest row


def test_where_the_weights_did_not_fit_shorter_examples_would_not_help(failed):
    unsettled = TRAINED | {"micro_batch_tokens": None}
    assert failed(errors.OutOfMemory(*MEMORY), "train", training=unsettled) == ("host_memory", [])


@pytest.mark.parametrize(("stage", "dtype"), [("baseline-eval", "bfloat16"), ("eval", None)])
def test_weights_are_halved_only_while_nothing_is_trained(failed, stage, dtype):
    cause, change = failed(errors.OutOfMemory("there is not enough memory to ask this model"), stage)
    assert cause == "memory_at_eval" and [new for _, _, new in change] == ([dtype] if dtype else [])


@pytest.mark.parametrize("error", [errors.TrainingDiverged("it diverges"), errors.LossNotFinite("at step 7")])
def test_too_large_steps_become_a_third(failed, error):
    assert failed(error, "train")[1] == [("training.learning_rate", 3e-4, 1e-4)]


def test_no_number_at_the_first_step_is_not_the_rate(failed):
    coarse = TRAINED | {"dtype": "bfloat16"}
    error = errors.LossNotFinite("the training diverged at step 1: its loss is no number any more")
    assert failed(error, "train", training=coarse)[1] == [("training.dtype", "bfloat16", "float32")]


def test_a_budget_is_raised_to_what_is_needed(failed):
    error = errors.OverBudget("it would cost more than $5.00", "Estimated at $7.00 to $12.00.", "", "budget.max_usd")
    cause, [(key, old, new)] = failed(error, budget={"max_usd": 5})
    assert (cause, key, old) == ("over_budget", "budget.max_usd", 5.0) and new >= 12


def test_the_cap_of_an_approval_is_not_the_specs_to_raise(failed):
    error = errors.OverBudget("the pods have cost $9.00, and ada approved up to $9.00", "", "", "approval")
    assert failed(error, budget={"max_usd": 50}) == ("over_budget", [])


@pytest.mark.parametrize(
    ("error", "cause", "change"),
    [
        (errors.ProviderDenied("the key is refused"), "provider_key", []),
        (errors.NoBalance("no money"), "no_balance", []),
        (errors.PodLost("it is gone"), "pods_taken_away", ["on_demand"]),
        (errors.PodStartTimeout("it did not come up"), "pod_start", []),
        (errors.SpecError("RunPod has no RTX 9", "", "", "compute.gpu"), "gpu_not_offered", [None]),
        (errors.StorageUnavailable("no answer"), "storage_away", []),
        (ValueError("something nobody has seen"), "unknown", []),
    ],
)
def test_what_is_recognised_and_proposed(failed, error, cause, change):
    found = failed(error, compute={"purchase": "spot", "gpu": "RTX 9"})
    assert (found[0], [new for _, _, new in found[1]]) == (cause, change)


def test_capacity_allows_the_other_kind_then_more_time(failed):
    assert failed(errors.PodCapacity("none is free"), compute={"purchase": "spot"})[1] == [
        ("compute.purchase", "spot", "spot_then_on_demand")
    ]


def test_names_and_guides_are_one_each():
    assert len({cause.name for cause in CAUSES}) == len({cause.anchor for cause in CAUSES}) == len(CAUSES)
