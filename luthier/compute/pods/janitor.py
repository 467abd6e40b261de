"""Pods of this home that nobody uses any more: what a killed flow, a lost answer or a deleted run left behind."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from luthier.compute.pods import ending, names
from luthier.compute.pods.port import Pod, PodProvider
from luthier.compute.pods.record import Records
from luthier.errors import AlreadyRunning, LuthierError
from luthier.home import home_id
from luthier.run_folder import RunFolder
from luthier.settings import Settings

GRACE_S = 900
"""A run in which nothing was written for so long, and that no process holds, is not about to go on."""


@dataclass(frozen=True)
class Orphan:
    """A pod without an owner; run_id is None where its name tells no run. `ended`: its end is verified."""

    pod: Pod
    run_id: str | None
    reason: str
    ended: bool = False


def find_orphans(provider: PodProvider, settings: Settings, grace_s: float = GRACE_S) -> list[Orphan]:
    """The account's pods with this home's prefix that belong to no live run. Nothing is changed."""
    return list(_orphans(provider, settings, grace_s))


def sweep(provider: PodProvider, settings: Settings, grace_s: float = GRACE_S) -> list[Orphan]:
    """End them, and put that on record. Raises ProviderUnavailable when the provider does not list its pods."""
    return [_end(provider, settings, orphan) for orphan in _orphans(provider, settings, grace_s)]


def _orphans(provider: PodProvider, settings: Settings, grace_s: float) -> Iterator[Orphan]:
    """Each is given while its run is held, so that nobody can begin to use it; a run that is held keeps its pods."""
    for pod in _pods(provider, settings):
        run = _run(settings, pod)
        with contextlib.suppress(AlreadyRunning), run.locked() if run else contextlib.nullcontext():
            if reason := _reason(run, pod, grace_s):
                yield Orphan(pod, names.run_of(pod.name), reason)


def _pods(provider: PodProvider, settings: Settings) -> Sequence[Pod]:
    return ending.patiently(lambda: provider.list(names.home_prefix(home_id(settings.root))))


def _run(settings: Settings, pod: Pod) -> RunFolder | None:
    run_id = names.run_of(pod.name)
    return RunFolder(settings.runs / run_id) if run_id and (settings.runs / run_id).is_dir() else None


def _reason(run: RunFolder | None, pod: Pod, grace_s: float) -> str:
    """Why a pod is an orphan; empty when it is none."""
    if run is None:
        return "its run is not in this home"
    if any(record.id == pod.id and record.ended_at is not None for record in Records(run).all()):
        return "its run has done with it"
    idle_s = time.time() - _last_written(run.root)
    return f"nobody works on its run, {idle_s / 60:.0f} minutes without a word" if idle_s > grace_s else ""


def _last_written(folder: Path) -> float:
    """Seconds since 1970. The lock is not counted: looking at it writes it."""
    times = [path.stat().st_mtime for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return max(times, default=0.0)


def _end(provider: PodProvider, settings: Settings, orphan: Orphan) -> Orphan:
    try:
        ending.patiently(lambda: provider.terminate(orphan.pod.id))
        orphan = replace(orphan, ended=all(pod.id != orphan.pod.id for pod in _pods(provider, settings)))
    except LuthierError:  # the others are looked at all the same
        return orphan
    if orphan.ended:
        _put_on_record(settings, orphan)
    return orphan


def _put_on_record(settings: Settings, orphan: Orphan) -> None:
    run = _run(settings, orphan.pod)
    records = Records(run) if run else None
    for record in records.open() if records else ():
        if records and record.name == orphan.pod.name:
            cause = record.end_cause or f"ended by the janitor: {orphan.reason}"
            records.change(record, id=orphan.pod.id, end_cause=cause, ended_at=time.time())
