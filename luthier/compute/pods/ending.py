"""Finding a pod again and ending it for sure, at a provider whose first answer need not be its last word."""

import time
from collections.abc import Callable
from typing import TypeVar

from luthier.compute.pods.port import Pod, PodProvider
from luthier.compute.pods.record import PodRecord, Records
from luthier.errors import CreateOutcomeUnknown, LuthierError, ProviderUnavailable

LOOK_S = 4.0
"""Between two looks at the provider."""

LOOKS = 2
"""So many in a row must miss a pod: lists have left out living ones."""

VISIBLE_S = 12
"""A pod that was only just asked for may not be visible yet; for seconds, as others have found."""

END_LOOKS = 15
ASKS = 3

Answer = TypeVar("Answer")


def patiently(call: Callable[[], Answer]) -> Answer:
    """What `call` gives, asked again while the provider is not available; never after CreateOutcomeUnknown."""
    for _ in range(ASKS - 1):
        try:
            return call()
        except CreateOutcomeUnknown:
            raise
        except ProviderUnavailable:
            time.sleep(LOOK_S)
    return call()


def find(provider: PodProvider, record: PodRecord) -> Pod | None:
    """The record's pod, by its id and by its name; None when several looks missed it."""
    looks = 0
    while looks < LOOKS or _fresh(record):
        if looks:
            time.sleep(LOOK_S)
        if pod := patiently(lambda: _look(provider, record)):
            return pod
        looks += 1
    return None


def end(provider: PodProvider, records: Records, record: PodRecord, cause: str, evicted: bool = False) -> PodRecord:
    """End the record's pod for sure and put it on record: the cause before, the time after."""
    record = records.change(record, end_cause=record.end_cause or cause, evicted=record.evicted or evicted)
    end_for_sure(provider, record)
    return records.change(record, ended_at=time.time())


def end_for_sure(provider: PodProvider, record: PodRecord) -> None:
    """Terminate the record's pod until it is gone. Raises ProviderUnavailable when that cannot be verified."""
    failure: LuthierError = ProviderUnavailable("RunPod goes on showing it")
    for look in range(END_LOOKS):
        if look:
            time.sleep(LOOK_S)
        try:
            if _terminated(provider, record):
                return
        except LuthierError as error:  # whatever it is, the pod costs money
            failure = error
    raise ProviderUnavailable(
        f"pod {record.name} may still run and cost money",
        f"Its end could not be verified: {failure.what}. {failure.why}".strip(),
        "End it in RunPod's console, or let the janitor do it.",
        record.id or "",
    )


def _terminated(provider: PodProvider, record: PodRecord) -> bool:
    """One try. That a new pod is unknown is no proof that it is gone."""
    pod = _look(provider, record)
    pod_id = pod.id if pod else record.id
    known = bool(pod_id) and provider.terminate(pod_id or "")
    return (known or not _fresh(record)) and _look(provider, record) is None


def _look(provider: PodProvider, record: PodRecord) -> Pod | None:
    """The pod where it still costs money: in the list, which has seen an id get lost, and asked for by its id."""
    named = [pod for pod in provider.list(record.name) if pod.name == record.name]
    if named or record.id is None:
        return named[0] if named else None
    pod = provider.get(record.id)
    return pod if pod and pod.billed else None


def _fresh(record: PodRecord) -> bool:
    """Whether it may not be visible yet. What the provider took back, it has seen."""
    return not record.evicted and time.time() - record.asked_at < VISIBLE_S
