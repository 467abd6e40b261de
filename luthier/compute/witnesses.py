"""The two witnesses of a pod while an attempt is followed: its signs of life in the storage, and the provider."""

import time
from typing import Any

from luthier.compute.pods.diagnosis import Limits, Watched, diagnose
from luthier.compute.pods.port import Pod, PodProvider
from luthier.compute.pods.record import PodRecord
from luthier.errors import ProviderRefused, ProviderUnavailable
from luthier.settings import Settings

BEATS = 3
"""Signs of life that may be missing before a pod is given up."""

DARK_S = 600
"""The same while the provider does not answer either: giving up could not end the pod anyway."""

TO_TAKE_S = 20
"""A pod that is up takes an order within seconds."""


class Witnesses:
    """Asks the provider every now and then; judges silence by this machine's clock, not by the pod's."""

    def __init__(self, provider: PodProvider, record: PodRecord, settings: Settings, is_up: bool):
        silent_s = BEATS * settings.heartbeat_s
        ready_s = silent_s + TO_TAKE_S if is_up else settings.pod_ready_minutes * 60
        self.provider, self.record, self.poll_s = provider, record, settings.provider_poll_s
        self.limits = Limits(ready_s=ready_s, silent_s=silent_s, dark_s=max(DARK_S, silent_s))
        known = Pod(record.id or "", record.name, "running") if is_up else None
        self.watched = Watched(record.name, created_at=time.time(), pod=known)
        self.beat: dict[str, Any] | None = None
        self.beat_at = self.looked_at = self.newest = 0.0
        self.heard_at = time.time()

    def hear(self, beat: dict[str, Any] | None) -> None:
        """The storage was read: its newest sign of life of the pod, or None."""
        now = time.time()
        if beat != self.beat:
            self.beat, self.beat_at = beat, now
        self.heard_at = now
        self.watched = self.watched.heard(None if beat is None else now - self.beat_at, now)

    def deaf_s(self) -> float:
        """For how long the storage could not be read."""
        return time.time() - self.heard_at

    def is_mute(self) -> bool:
        """Whether a look at a pod that runs, and says nothing, was just taken."""
        pod = self.watched.pod
        return self.beat is None and self.looked_at == self.newest and pod is not None and pod.state == "running"

    def judge(self) -> None:
        """Ask the provider when it is time. Raises PodGone's kinds to give the pod up."""
        self.newest = now = time.time()
        if now - self.looked_at > self.poll_s:
            self.looked_at = now
            self._look(now)
        if fault := diagnose(self.watched, self.limits, now):
            raise fault

    def _look(self, now: float) -> None:
        try:
            self.watched = self.watched.seen(self.provider.get(self.record.id or ""), now)
        except (ProviderUnavailable, ProviderRefused):  # a key that was taken away stops no pod that works
            self.watched = self.watched.unseen()
