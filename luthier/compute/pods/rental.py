"""The pod of a run: found again or rented, and ended. Whatever is killed in between, no pod is lost sight of.

Each pod is on record before it is asked for. The answer may be lost and this process killed: the record has the name,
the name finds the pod.
"""

import time
from collections.abc import Generator

from luthier.compute.pods import ending, names
from luthier.compute.pods.asking import Asking, Environment, told
from luthier.compute.pods.diagnosis import INTERRUPTED
from luthier.compute.pods.port import Pod, PodProvider
from luthier.compute.pods.record import PodRecord, Records
from luthier.errors import LuthierError
from luthier.events import Event
from luthier.home import home_id
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import ComputeSpec


class Rental:
    """`compute.gpu` must be filled in. Every call raises the errors of PodProvider."""

    def __init__(
        self, run: RunFolder, compute: ComputeSpec, settings: Settings, provider: PodProvider, environment: Environment
    ):
        self.run_id, self.provider, self.records = run.run_id, provider, Records(run)
        self.home = home_id(settings.root)
        self.asking = Asking(run, compute, settings, provider, environment, self.home)

    def ensure(self, hours_needed: float, usd_left: float | None = None) -> Generator[Event, None, PodRecord]:
        """The run's live pod, else a new one. Yields `pod` events; returns the pod's record.

        hours_needed: of work still to do; usd_left: what the pod may cost in all. Raises PodCapacity when nothing is
        free at the price that is allowed, CreateOutcomeUnknown when a pod may exist: the next call looks it up first.
        """
        live = yield from self._settle()
        return live or (yield from self.asking.rent(hours_needed, usd_left))

    def end(self, record: PodRecord, cause: str, evicted: bool = False) -> PodRecord:
        """Terminate a pod and verify it. Raises ProviderUnavailable when that fails; the next call tries again."""
        return ending.end(self.provider, self.records, record, cause, evicted)

    def end_all(self, cause: str) -> None:
        """End whatever this run has rented, on record or not. Raises the first failure after trying all."""
        failures: list[LuthierError] = []
        for record in self.records.open():
            try:
                self.end(record, cause)
            except LuthierError as error:
                failures.append(error)
        try:
            self._end_strays()
        except LuthierError as error:
            failures.append(error)
        if failures:
            raise failures[0]

    def _settle(self) -> Generator[Event, None, PodRecord | None]:
        """Bring every open record to an end, but for the newest when its pod lives."""
        live = None
        for record in reversed(self.records.open()):
            pod = None if record.end_cause or live else ending.find(self.provider, record)
            record = self.records.found(record, pod) if pod else record
            cause = _why_not_adopted(record, pod)
            if not cause:
                live = record
                yield told(record, "adopted", f"{record.name} goes on")
                continue
            record = self.end(record, cause, evicted=_taken_back(cause))
            yield told(record, "ended", f"{record.name} is gone: {record.end_cause}")
        self._end_strays()
        return live

    def _end_strays(self) -> None:
        """Pods of this run's name that no open record accounts for: a create whose answer came too late."""
        known = {record.id for record in self.records.open()}
        closed = {record.name: record for record in self.records.all()}
        for pod in ending.patiently(lambda: self.provider.list(names.run_prefix(self.home, self.run_id))):
            if names.run_of(pod.name) == self.run_id and pod.id not in known:
                self.provider.terminate(pod.id)
                if record := closed.get(pod.name):
                    self.records.change(self.records.found(record, pod), ended_at=time.time())


def _why_not_adopted(record: PodRecord, pod: Pod | None) -> str:
    """Why an open record's pod cannot be worked with; empty where it can."""
    if record.end_cause:
        return record.end_cause
    if pod is None:
        return "it was not there when it was looked for"
    return (pod.said or "its container stopped") if pod.state == "ended" else record.too_dear


def _taken_back(said: str) -> bool:
    return any(word in said.lower() for word in INTERRUPTED)
