"""Asking for a pod: which kind at which price, on record before the question, and what an answer or none means."""

import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from luthier.compute.pods import ending, names
from luthier.compute.pods.port import Pod, PodProvider, Purchase, Quote, Wanted
from luthier.compute.pods.purchase import WORDS, Choice, choose
from luthier.compute.pods.record import PodRecord, Records, as_told
from luthier.errors import ApiWithdrawn, CreateOutcomeUnknown, LuthierError, PodCapacity, SpecError
from luthier.events import Event
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import ComputeSpec

Environment = Callable[[str, datetime], dict[str, str]]
"""A pod's variables, from its name and the time at which it ends itself."""

SPARE_HOURS = 2.0
"""A pod may live twice as long as the work is thought to take, and so much longer, before the provider ends it."""


class Asking:
    """For pods of one run. `compute.gpu` must be filled in. Raises SpecError where the settings name no image."""

    def __init__(
        self,
        run: RunFolder,
        compute: ComputeSpec,
        settings: Settings,
        provider: PodProvider,
        environment: Environment,
        home: str,
    ):
        self.run_id, self.compute, self.settings = run.run_id, compute, settings
        self.provider, self.environment, self.home = provider, environment, home
        self.image = settings.pod_image or _no_image()
        self.records = Records(run)

    def rent(self, hours_needed: float, usd_left: float | None) -> Generator[Event, None, PodRecord]:
        """A new pod, of the kinds that are allowed the first that is to be had. Raises as Rental.ensure."""
        quote = self._quote()
        refused: dict[Purchase, str] = {}
        while True:
            choice = self._choose(quote, refused, hours_needed)
            record = self._intend(quote, choice, _end_after(hours_needed, usd_left, choice.limit_usd))
            yield told(record, "asked", choice.reason)
            record, obstacle = self._ask(record, choice)
            if not obstacle:
                yield told(record, "rented", f"{record.name}: {choice.reason}")
                return record
            refused[choice.purchase] = obstacle
            yield told(record, "refused", f"{WORDS[choice.purchase]}: {obstacle}")

    def _ask(self, record: PodRecord, choice: Choice) -> tuple[PodRecord, str]:
        """Ask for the pod on record; where that comes to nothing, also why."""
        try:
            pod = self._create(record)
        except PodCapacity as error:
            return record, f"{error.what} at ${choice.usd_per_hour:.2f} an hour"
        except ApiWithdrawn as error:
            if self.compute.purchase != "spot_then_on_demand":
                raise
            return record, error.what
        record = self.records.found(record, pod)
        if obstacle := record.too_dear:
            record = ending.end(self.provider, self.records, record, obstacle)
        return record, obstacle

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
            name=names.pod_name(self.home, self.run_id, number),
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
        try:
            wanted = self._wanted(record)
            return ending.patiently(lambda: self.provider.create(wanted))
        except CreateOutcomeUnknown:
            if pod := ending.find(self.provider, record):
                return pod
            raise
        except LuthierError:
            self.records.forget(record)
            raise

    def _wanted(self, record: PodRecord) -> Wanted:
        bid = record.quote["spot_usd"] if record.purchase == "spot" else record.max_usd_per_hour
        return Wanted(
            name=record.name,
            image=self.image,
            gpu=record.gpu,
            purchase=record.purchase,
            max_usd_per_hour=bid,
            env=self.environment(record.name, record.end_after - TO_SAVE),
            disk_gb=self.settings.pod_disk_gb,
            volume=self.settings.pod_volume,
            cloud=self.settings.pod_cloud,
            end_after=record.end_after,
        )


TO_SAVE = timedelta(minutes=2)
"""The pod itself leaves so much earlier than the provider would end it."""


def told(record: PodRecord, state: str, text: str) -> Event:
    """The event `pod`: asked, refused, rented, adopted or ended."""
    fields: dict[str, Any] = {"purchase": record.purchase, "usd_per_hour": record.usd_per_hour}
    return {"time": time.time(), "kind": "pod", "pod": record.name, "state": state, "text": text, **fields}


def _no_image() -> NoReturn:
    fix = "Build deployments/Dockerfile, push it, and set pod_image to its name."
    raise SpecError("rented machines have no image to run", "", fix, "luthier.toml: pod_image")


def _end_after(hours_needed: float, usd_left: float | None, usd_per_hour: float) -> datetime:
    hours = 2 * hours_needed + SPARE_HOURS
    if usd_left is not None:
        hours = min(hours, max(usd_left, 0) / usd_per_hour)
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
