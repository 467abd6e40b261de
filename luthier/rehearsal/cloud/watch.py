"""Hazards: something happens to a pod at the moment when its state or its disk says so."""

import threading
from collections.abc import Callable

from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.provider import Provider

POLL_S = 0.002

Condition = Callable[[Pod], bool]
Action = Callable[[Pod], object]


class Watch:
    """Asks `condition` of every live pod whose name begins with `prefix`; once it holds, does `action`, and is over.

    A condition may look at `pod.disk` (the container's folder, missing before the container starts), `pod.up`,
    `pod.restarts`, `pod.name`. A file that vanishes while it looks counts as "not yet". Some milliseconds pass
    before the action works: what it really hit is seen on the disk of the dead, `pod.graves[-1]`.
    """

    def __init__(self, provider: Provider, prefix: str, condition: Condition, action: Action):
        self.provider, self.prefix = provider, prefix
        self.condition, self.action = condition, action
        self.hit: Pod | None = None
        self._error: BaseException | None = None
        self._over, self._cancelled = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> Pod | None:
        """The pod that was hit, None if nothing was in time. Raises what the condition or the action raised."""
        self._over.wait(seconds)
        if self._error:
            raise self._error
        return self.hit

    def cancel(self) -> None:
        self._cancelled.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._cancelled.wait(POLL_S):
                if pod := self._due():
                    self.action(pod)
                    self.hit = pod
                    return
        except BaseException as error:
            self._error = error
        finally:
            self._over.set()

    def _due(self) -> Pod | None:
        pods = [pod for pod in self.provider.everything() if pod.live and pod.name.startswith(self.prefix)]
        return next((pod for pod in pods if self._holds(pod)), None)

    def _holds(self, pod: Pod) -> bool:
        try:
            return self.condition(pod)
        except OSError:
            return False
