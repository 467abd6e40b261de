"""Everything that can go wrong on the wire, and the error that it becomes; none of them tells a secret."""

import traceback

import pytest

from luthier.compute.pods.graphql import GraphQL
from luthier.compute.pods.refusals import hidden
from luthier.compute.pods.rest import Rest
from luthier.compute.pods.runpod import open_provider
from luthier.errors import (
    CreateOutcomeUnknown,
    LuthierError,
    NoBalance,
    PodCapacity,
    ProviderDenied,
    ProviderRefused,
    ProviderUnavailable,
)

SECRET = 'pl@nted "s3cret"\\with\nall'
ADAPTERS = [GraphQL, Rest]


def chain(error):
    while error:
        yield error
        error = error.__cause__ or error.__context__


def failure(call):
    """What `call` raises; whatever hangs on it must not know the key or the variables."""
    with pytest.raises(LuthierError) as caught:
        call()
    told = "".join(traceback.format_exception(caught.value))
    for error in chain(caught.value):
        told += repr(error) + repr(error.args) + repr(vars(error))
    for secret in ("s3cret", "rpa_simulated", "rpa_wrong"):
        assert secret not in told
    return caught.value


def create(adapter, want):
    return adapter().create(want(env={"TOKEN": SECRET}))


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("fault", ["500", "502", "503", "reset", "hang"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_to_a_create_is_never_asked_again(adapter, fault, carried_out, cloud, want, monkeypatch):
    monkeypatch.setattr("luthier.compute.pods.wire.ANSWER_S", 0.3)
    cloud.faults.add(fault, "create", carried_out=carried_out, seconds=0.6)
    assert isinstance(failure(lambda: create(adapter, want)), CreateOutcomeUnknown)
    assert len(cloud.pods()) <= 1
    if carried_out:
        assert [pod.name for pod in adapter().list("luthier-")] == ["luthier-0a1b2c3d-run-p1"]


@pytest.mark.parametrize("adapter", [*ADAPTERS, open_provider])
@pytest.mark.parametrize("fault", ["429", "500", "502", "reset"])
@pytest.mark.parametrize("call", ["get", "list", "terminate"])
def test_a_read_that_fails_says_try_again(adapter, fault, call, cloud):
    cloud.faults.add(fault, call, times=10, seconds=1)
    error = failure(lambda: getattr(adapter(), call)("x"))
    assert isinstance(error, ProviderUnavailable) and not isinstance(error, CreateOutcomeUnknown)
    assert error.retryable


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_create_that_was_asked_to_wait_is_asked_again(adapter, cloud, want):
    cloud.faults.add("429", "create", times=2, seconds=1)
    create(adapter, want)
    assert cloud.creates("luthier-0a1b2c3d-run-p1") == 1


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_nothing_free_and_no_money_are_told_apart(adapter, cloud, want):
    cloud.faults.add("capacity", "create")
    assert isinstance(failure(lambda: create(adapter, want)), PodCapacity)
    cloud.faults.add("balance", "create")
    assert isinstance(failure(lambda: create(adapter, want)), NoBalance)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("call", ["create", "get", "list", "terminate"])
def test_a_wrong_key_is_not_tried_again(adapter, call, cloud, want, monkeypatch):
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_wrong")
    argument = want(env={"TOKEN": SECRET}) if call == "create" else "x"
    error = failure(lambda: getattr(adapter(), call)(argument))
    assert isinstance(error, ProviderDenied) and not error.retryable and "RUNPOD_API_KEY" in str(error)


@pytest.mark.parametrize("adapter", [*ADAPTERS, open_provider])
@pytest.mark.parametrize("call", ["create", "get", "list", "terminate", "quote"])
def test_nobody_there_is_no_lost_answer(adapter, call, cloud, want, monkeypatch):
    monkeypatch.setenv("RUNPOD_API_BASE_URL", "http://127.0.0.1:9")
    argument = want(env={"TOKEN": SECRET}) if call == "create" else "x"
    error = failure(lambda: getattr(adapter(), call)(argument))
    assert isinstance(error, ProviderUnavailable) and not isinstance(error, CreateOutcomeUnknown)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_without_a_key_it_says_how_to_give_one(adapter, cloud, want, monkeypatch):
    monkeypatch.delenv("RUNPOD_API_KEY")
    monkeypatch.setattr("runpod.get_credentials", lambda: None)
    assert "Set RUNPOD_API_KEY" in str(failure(lambda: adapter().list("")))


def test_the_key_of_the_configuration_file_is_found(cloud, monkeypatch):
    monkeypatch.delenv("RUNPOD_API_KEY")
    monkeypatch.setattr("runpod.get_credentials", lambda: {"api_key": cloud.account.key})
    assert open_provider().list("") == []


def test_graphql_repeats_what_was_sent_and_we_do_not(cloud, want):
    """A value of a wrong type: the answer quotes the whole input, the variables among it."""
    with pytest.raises(ProviderRefused) as caught:
        GraphQL().create(want(env={"TOKEN": SECRET}, disk_gb="much"))  # type: ignore[arg-type]
    assert "s3cret" not in str(caught.value) and "Int cannot represent" in str(caught.value)


@pytest.mark.parametrize("written", [SECRET, repr(SECRET), 'x\\"pl@nted \\\\\\"s3cret\\\\\\"\\\\\\\\with\\\\nall'])
def test_a_secret_is_hidden_however_it_is_written(written):
    assert "s3cret" not in hidden(written, [SECRET])


def test_words_are_cut_only_after_secrets_are_gone():
    assert "abc" not in hidden("." * 298 + "abcdef", ["abcdef"])


@pytest.mark.parametrize("operation", ["get", "list", "terminate"])
def test_an_error_of_graphql_alone_is_asked_of_rest(cloud, want, operation):
    provider = open_provider()
    pod = provider.create(want())
    cloud.faults.add("errors", operation, times=1)
    calls = {
        "get": lambda: provider.get(pod.id).id == pod.id,
        "list": lambda: [each.id for each in provider.list(pod.name)] == [pod.id],
        "terminate": lambda: provider.terminate(pod.id) and not cloud.running_pods(),
    }
    assert calls[operation]()


def test_an_internal_error_of_graphql_is_no_refusal(cloud):
    cloud.faults.add("errors", "list")
    with pytest.raises(ProviderUnavailable, match="Something went wrong"):
        GraphQL().list("")
