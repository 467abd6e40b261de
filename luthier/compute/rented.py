"""Work on rented pods, as `supervise` is for this machine: events out, a result or a typed error at the end."""

import random
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain, repeat
from typing import Any

from luthier.bucket import open_bucket
from luthier.compute.endings import Endings
from luthier.compute.inputs import base_files, inputs
from luthier.compute.job import Job, Kind, new_job, read_job
from luthier.compute.mirror import Mirror
from luthier.compute.orders import Order, Remote
from luthier.compute.owner import Owner
from luthier.compute.patience import STORAGE_PATIENCE_S, patiently
from luthier.compute.pod_environment import pod_environment
from luthier.compute.pods import ending, names
from luthier.compute.pods.record import PodRecord, Records
from luthier.compute.pods.rental import Rental
from luthier.compute.pods.runpod import open_provider
from luthier.compute.shared_records import SharedRecords
from luthier.compute.spending import Spending
from luthier.compute.witnesses import Witnesses
from luthier.errors import (
    AlreadyRunning,
    LuthierError,
    PodCapacity,
    ProviderUnavailable,
    SpecError,
    StorageError,
    StorageUnavailable,
)
from luthier.events import Event
from luthier.history import RunHistory
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec import RunSpec

POLL_S = 1.0
ASK_AGAIN_S = (2, 5, 10, 30, 60, 120)
"""Between two requests for a pod, when there was none to be had."""


class Rented:
    """The pods of one run, and the storage between them and this machine.

    A pod stays from one stage to the next; who ends the run calls `release`.
    """

    def __init__(self, run: RunFolder, spec: RunSpec, settings: Settings, remote: Remote, rental: Rental):
        self.run, self.spec, self.settings = run, spec, settings
        self.remote, self.rental = remote, rental
        self.owner = Owner(remote, rental.home)
        self.mirror = Mirror(remote, run)
        self.history = RunHistory(run)
        self.spending = Spending(run, spec)
        self.shared = SharedRecords(remote, rental.records)
        self.endings = Endings(spec, settings, remote, rental, self.mirror, self.history)

    def catch_up(self) -> None:
        """Copy what pods wrote while nobody followed. Raises AlreadyRunning when another home works on this run."""
        patiently(self._catch_up)

    def _catch_up(self) -> None:
        self.owner.claim()
        self.shared.take()
        for number in self.mirror.attempts():
            self.mirror.pull(number)

    def work(self, kind: Kind, progress: int, flow_run: str, hours_needed: float) -> Iterator[Event]:
        """One attempt, after `catch_up`; the last event is `finished` with the stage's `result`.

        hours_needed: for what is left of the whole run. An attempt that a pod goes on with, or has ended well, since
        whoever watched it was killed, is taken further. Raises what the worker told, OverBudget and OutOfTime; the
        retryable errors are worth another attempt.
        """
        job = yield from self._left(kind)
        if job is None:
            record = yield from self._pod(hours_needed)
            job = self._give(kind, progress, flow_run, record)
        try:
            ended = yield from self._follow(job)
        except (ProviderUnavailable, StorageUnavailable, AlreadyRunning):
            raise  # the pod works on, for the next attempt or for the home that took the run over
        except BaseException as error:
            self.endings.gone(job, error)
            raise
        yield {"kind": "finished", "time": time.time(), "result": self.endings.outcome(ended, job)}

    def release(self, cause: str) -> None:
        """End every pod of this run; where another home has taken it over, but for the pod that it works with."""
        with suppress(StorageUnavailable, StorageError):
            if self.owner.other():
                self._release_own(cause)
                return
        self.rental.end_all(cause)
        with suppress(StorageUnavailable, StorageError):
            self.shared.send()

    def _release_own(self, cause: str) -> None:
        fence, mine = self.remote.fence(), names.home_prefix(self.rental.home)
        for record in self.rental.records.open():
            if record.name.startswith(mine) and (fence is None or record.number != fence.pod):
                self.rental.end(record, cause)

    def _pod(self, hours_needed: float) -> Generator[Event, None, PodRecord]:
        """The run's pod, or a new one; while there is none to be had, or nobody answers, it is asked for again.

        Raises OutOfTime when that took too long, OverBudget.
        """
        for wait_s in chain(ASK_AGAIN_S, repeat(ASK_AGAIN_S[-1])):
            self.spending.check()
            try:
                return (yield from self.rental.ensure(hours_needed, self.spending.usd_left()))
            except (PodCapacity, ProviderUnavailable) as error:
                text = f"{error.what}: {error.why}; asked again in {wait_s} s"
            yield {"kind": "pod", "time": time.time(), "text": text}
            self.owner.keep()
            time.sleep(wait_s * random.uniform(0.7, 1.3))
        raise AssertionError("asking again never ends by itself")

    def _left(self, kind: Kind) -> Generator[Event, None, Job | None]:
        """The newest attempt, if it can be taken further; what the others said is told."""
        newest = max(self.run.attempt_numbers(), default=0)
        job = read_job(self.run.attempt(newest)) if newest else None
        goes_on = job is not None and job.kind == kind and self._goes_on(job)
        yield from self.history.catch_up(before=newest if goes_on else newest + 1)
        if not goes_on or job is None:
            return None
        yield {"kind": "pod", "time": time.time(), "text": f"attempt {newest} is still with {job.pod}"}
        return job

    def _goes_on(self, job: Job) -> bool:
        """Whether its pod works on it still, or has ended it well and nobody has taken the result."""
        if not job.pod or job.folder.result.exists() or self.history.was_interrupted(job.attempt):
            return False
        fence = self.remote.fence()
        if fence is None or fence.attempt != job.attempt:  # whoever numbered it was killed before it was ordered
            return False
        ended = self.mirror.ended(job.attempt)
        if ended is not None:
            return "result" in ended
        record = self.rental.records.named(job.pod)
        pod = self.rental.provider.get(record.id or "") if record.end_cause is None else None
        return pod is not None and pod.state != "ended"

    def _give(self, kind: Kind, progress: int, flow_run: str, record: PodRecord) -> Job:
        """Write the attempt's job here, and the order for the pod."""
        sent = self.remote.send(self.run.root, inputs(self.run, kind))
        base = base_files(self.remote, self.run, self.spec.model)
        job = new_job(self.run, kind, self.settings.models, progress=progress, flow_run=flow_run, pod=record.name)
        order = Order(
            **job.model_dump(include={"kind", "attempt", "pod", "progress", "flow_run"}), inputs=sent, base=base
        )
        self.shared.send()
        self.remote.give(order, record.number)
        return job

    def _follow(self, job: Job) -> Generator[Event, None, dict[str, Any]]:
        """Yield events until the pod told how the attempt ended. Raises PodGone and its kinds, OverBudget, OutOfTime.

        Raises StorageUnavailable when the storage was out of reach for STORAGE_PATIENCE_S.
        """
        is_up = any(read_job(self.run.attempt(n)).pod == job.pod for n in self.mirror.seen if n != job.attempt)
        witnesses = Witnesses(self.rental.provider, self.rental.records.named(job.pod), self.settings, is_up)
        while True:
            try:
                ended, beat = self.mirror.ended(job.attempt), self.mirror.pull(job.attempt)
                witnesses.hear(beat)
                self.owner.keep()
            except StorageUnavailable as error:
                if witnesses.deaf_s() > STORAGE_PATIENCE_S:
                    raise
                ended = None
                yield {"kind": "pod", "time": time.time(), "text": f"{error.what}; the pod works on"}
            yield from self.history.mirror(job.attempt)
            if ended is not None:
                return ended
            witnesses.judge()
            if witnesses.is_mute():
                self.endings.keep_log(job)
            yield from self.spending.told()
            self.spending.check()
            time.sleep(POLL_S)


def open_rented(run: RunFolder, spec: RunSpec, settings: Settings) -> Rented:
    """The pods of a run, by the settings. Raises SpecError, StorageError, ProviderDenied."""
    remote = Remote(open_bucket(settings), run.run_id)

    def environment(name: str, deadline: datetime) -> dict[str, str]:
        return pod_environment(run.run_id, name, settings, deadline)

    return Rented(run, spec, settings, remote, Rental(run, spec.compute, settings, open_provider(), environment))


def end_pods(run: RunFolder, spec: RunSpec, settings: Settings, cause: str) -> None:
    """End the run's pods, also where the settings do not tell any more how to rent. Raises what the provider raises."""
    try:
        rented = open_rented(run, spec, settings)
    except (SpecError, StorageError):
        failures: list[LuthierError] = []
        records = Records(run)
        for record in records.open():
            try:
                ending.end(open_provider(), records, record, cause)
            except LuthierError as error:
                failures.append(error)
        if failures:
            raise failures[0] from None
    else:
        rented.release(cause)
