"""The pod of a run: found again or rented, and ended. Whatever is killed in between, no pod is lost sight of.

Each pod is on record before it is asked for. The answer may be lost and this process killed: the record has the name,
the name finds the pod.
"""

import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from luthier.compute.pods import ending, names
from luthier.compute.pods.diagnosis import INTERRUPTED
from luthier.compute.pods.port import Pod, PodProvider, Purchase, Quote, Wanted
from luthier.compute.pods.purchase import WORDS, Choice, choose
from luthier.compute.pods.record import PodRecord, Records, as_told
from luthier.errors import (
    ApiWithdrawn,
    CreateOutcomeUnknown,
    LuthierError,
    NoBalance,
    PodCapacity,
    ProviderRefused,
    ProviderUnavailable,
    SpecError,
)
from luthier.events import Event
from luthier.home import home_id
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import ComputeSpec

Environment = Callable[[str, datetime], dict[str, str]]
"""A pod's variables, from its name and the time at which it ends itself."""

SPARE_HOURS = 2.0
"""A pod may live twice as long as the work is thought to take, and so much longer, before the provider ends it."""


class Rental:
    """`compute.gpu` must be filled in. Every call raises the errors of PodProvider."""

    def __init__(
        self, run: RunFolder, compute: ComputeSpec, settings: Settings, provider: PodProvider, environment: Environment
    ):
        self.run, self.compute, self.settings = run, compute, settings
        self.provider, self.environment = provider, environment
        self.image = settings.pod_image or _no_image()
        self.records = Records(run)
        self.home = home_id(settings.root)

    def ensure(self, hours_needed: float, usd_left: float | None = None) -> Generator[Event, None, PodRecord]:
        """The run's live pod, else a new one. Yields `pod` events; returns the pod's record.

        hours_needed: of work still to do; usd_left: what the pod may cost in all. Raises PodCapacity when nothing is
        free at the price that is allowed, CreateOutcomeUnknown when a pod may exist: the next call looks it up first.
        """
        live = yield from self._settle()
        return live or (yield from self._rent(hours_needed, usd_left))

    def end(self, record: PodRecord, cause: str, evicted: bool = False) -> PodRecord:
        """Terminate a pod and verify it. Raises ProviderUnavailable when that fails; the next call tries again."""
        record = self.records.change(record, end_cause=record.end_cause or cause, evicted=record.evicted or evicted)
        ending.end_for_sure(self.provider, record)
        return self.records.change(record, ended_at=time.time())

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
            record = self._adopt(record, pod) if pod else record
            cause = _why_not_adopted(record, pod)
            if not cause:
                live = record
                yield _event(record, "adopted", f"{record.name} goes on")
                continue
            record = self.end(record, cause, evicted=_taken_back(cause))
            yield _event(record, "ended", f"{record.name} is gone: {record.end_cause}")
        self._end_strays()
        return live

    def _end_strays(self) -> None:
        """Pods of this run's name that no open record accounts for: a create whose answer came too late."""
        known = {record.id for record in self.records.open()}
        closed = {record.name: record for record in self.records.all()}
        for pod in ending.patiently(lambda: self.provider.list(names.run_prefix(self.home, self.run.run_id))):
            if names.run_of(pod.name) == self.run.run_id and pod.id not in known:
                self.provider.terminate(pod.id)
                if record := closed.get(pod.name):
                    self.records.change(self._adopt(record, pod), ended_at=time.time())

    def _rent(self, hours_needed: float, usd_left: float | None) -> Generator[Event, None, PodRecord]:
        quote = self._quote()
        refused: dict[Purchase, str] = {}
        while True:
            choice = self._choose(quote, refused, hours_needed)
            record = self._intend(quote, choice, _end_after(hours_needed, usd_left, choice.limit_usd))
            yield _event(record, "asked", choice.reason)
            record, obstacle = self._ask(record)
            if not obstacle:
                yield _event(record, "rented", f"{record.name}: {choice.reason}")
                return record
            refused[choice.purchase] = f"{obstacle} at ${choice.usd_per_hour:.2f} an hour"
            yield _event(record, "refused", f"{WORDS[choice.purchase]}: {refused[choice.purchase]}")

    def _ask(self, record: PodRecord) -> tuple[PodRecord, str]:
        """Ask for the pod on record; where that comes to nothing, also why."""
        try:
            pod = self._create(record)
        except PodCapacity as error:
            return record, error.what
        except ApiWithdrawn as error:
            if self.compute.purchase != "spot_then_on_demand":
                raise
            return record, error.what
        record = self._adopt(record, pod)
        obstacle = _too_dear(record)
        return (self.end(record, obstacle) if obstacle else record), obstacle

    def _quote(self) -> Quote:
        gpu, cloud = self.compute.gpu, self.settings.pod_cloud
        quotes = ending.patiently(lambda: self.provider.quote())
        for quote in quotes:
            if (quote.gpu, quote.cloud) == (gpu, cloud):
                return quote
        offered = ", ".join(sorted({quote.gpu for quote in quotes if quote.cloud == cloud}))
        raise SpecError(f"RunPod offers no {gpu} in its {cloud} cloud", "", f"It has: {offered}.", "compute.gpu")

    def _choose(self, quote: Quote, refused: dict[Purchase, str], hours_needed: float) -> Choice:
        evictions = sum(record.evicted and record.purchase == "spot" for record in self.records.all())
        now = datetime.now(UTC)
        return choose(self.compute, quote, refused, evictions=evictions, hours_needed=hours_needed, now=now)

    def _intend(self, quote: Quote, choice: Choice, end_after: datetime) -> PodRecord:
        number = self.records.next_number()
        record = PodRecord(
            number=number,
            name=names.pod_name(self.home, self.run.run_id, number),
            purchase=choice.purchase,
            gpu=quote.gpu,
            cloud=quote.cloud,
            max_usd_per_hour=choice.limit_usd,
            reason=choice.reason,
            quote=as_told(quote),
            asked_at=time.time(),
            end_after=end_after,
        )
        return self.records.write(record)

    def _create(self, record: PodRecord) -> Pod:
        """Rent it. The record is dropped where the provider surely made no pod, and kept where it may have."""
        wanted = self._wanted(record)
        try:
            return ending.patiently(lambda: self.provider.create(wanted))
        except CreateOutcomeUnknown:
            if pod := ending.find(self.provider, record):
                return pod
            raise
        except (PodCapacity, NoBalance, ProviderRefused, ProviderUnavailable):
            self.records.forget(record)
            raise

    def _wanted(self, record: PodRecord) -> Wanted:
        assert record.end_after
        bid = record.quote["spot_usd"] if record.purchase == "spot" else record.max_usd_per_hour
        return Wanted(
            name=record.name,
            image=self.image,
            gpu=record.gpu,
            purchase=record.purchase,
            max_usd_per_hour=bid,
            env=self.environment(record.name, record.end_after),
            disk_gb=self.settings.pod_disk_gb,
            volume=self.settings.pod_volume,
            cloud=self.settings.pod_cloud,
            end_after=record.end_after,
        )

    def _adopt(self, record: PodRecord, pod: Pod) -> PodRecord:
        price = pod.usd_per_hour if record.usd_per_hour is None else record.usd_per_hour
        return self.records.change(
            record, id=pod.id, usd_per_hour=price, created_at=record.created_at or record.asked_at
        )


def _why_not_adopted(record: PodRecord, pod: Pod | None) -> str:
    """Why an open record's pod cannot be worked with; empty where it can."""
    if record.end_cause:
        return record.end_cause
    if pod is None:
        return "it was not there when it was looked for"
    return (pod.said or "its container stopped") if pod.state == "ended" else _too_dear(record)


def _too_dear(record: PodRecord) -> str:
    price, limit = record.usd_per_hour, record.max_usd_per_hour
    return f"it costs ${price:.2f} an hour, more than ${limit:.2f}" if price is not None and price > limit else ""


def _taken_back(said: str) -> bool:
    return any(word in said.lower() for word in INTERRUPTED)


def _no_image() -> NoReturn:
    fix = "Build deployments/Dockerfile, push it, and set pod_image to its name."
    raise SpecError("rented machines have no image to run", "", fix, "luthier.toml: pod_image")


def _end_after(hours_needed: float, usd_left: float | None, usd_per_hour: float) -> datetime:
    hours = 2 * hours_needed + SPARE_HOURS
    if usd_left is not None:
        hours = min(hours, max(usd_left, 0) / usd_per_hour)
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)


def _event(record: PodRecord, state: str, text: str) -> Event:
    fields: dict[str, Any] = {"purchase": record.purchase, "usd_per_hour": record.usd_per_hour}
    return {"time": time.time(), "kind": "pod", "pod": record.name, "state": state, "text": text, **fields}
