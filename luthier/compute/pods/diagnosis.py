"""Two witnesses of a pod's health, the provider and the storage: what they say together.

| provider says          | the pod's heartbeat        | then                                                  |
|------------------------|----------------------------|-------------------------------------------------------|
| ended, "Outbid"        | any                        | PodInterrupted                                        |
| ended, anything else   | any                        | PodLost                                               |
| does not know it       | older than that, two looks | PodLost; one look, or a newly made pod, means nothing |
| starts, or runs        | none yet, for too long     | PodStartTimeout                                       |
| container begins again | none yet, three times      | PodStartTimeout: its image does not start             |
| runs                   | silent for three beats     | PodStalled                                            |
| nothing: unreachable   | fresh                      | keep waiting                                          |
| nothing: unreachable   | silent for much longer     | PodLost                                               |

A heartbeat is only called silent as far as the storage itself could be read.
"""

from dataclasses import dataclass, replace

from luthier.compute.pods.port import Pod
from luthier.errors import LuthierError, PodInterrupted, PodLost, PodStalled, PodStartTimeout

FRESH_S = 20
"""A new pod may be unknown to the provider for seconds; it is not called lost for that before it is so old."""

LOOKS = 2
"""So many looks in a row must miss a pod: lists have left out living ones."""

RESTARTS = 3
"""RunPod starts a container that left again, for ever, and bills it."""

GOES_ON = "Another one goes on from the last checkpoint."

BAD_START = (
    "Another one is tried. If that ends too, its log tells why: often an image that does not exist, may not be pulled "
    "or is above 10 GB, or pod_secrets that name no secret of the account."
)

INTERRUPTED = ("outbid", "maintenance")


@dataclass(frozen=True)
class Limits:
    """ready_s: until the first heartbeat; silent_s: between two of them; dark_s: the same while the provider is silent
    too, longer, as then nothing can be done about the pod anyway."""

    ready_s: float
    silent_s: float
    dark_s: float


@dataclass(frozen=True)
class Watched:
    """What is known of one pod. Times are seconds of any one clock; heard_at is when its newest heartbeat was written.

    missing_since and misses: the looks in a row in which the provider did not know it; read_at: when the storage could
    last be read.
    """

    name: str
    created_at: float
    pod: Pod | None = None
    reachable: bool = True
    missing_since: float = 0.0
    misses: int = 0
    restarts: int = 0
    heard_at: float | None = None
    read_at: float | None = None

    def seen(self, pod: Pod | None, now: float) -> "Watched":
        """The provider's answer; None: it does not know the pod."""
        if pod is None:
            since = self.missing_since if self.misses else now
            return replace(self, reachable=True, misses=self.misses + 1, missing_since=since)
        return replace(self, reachable=True, misses=0, pod=pod, restarts=self.restarts + self._restarted(pod))

    def unseen(self) -> "Watched":
        """The provider could not be reached."""
        return replace(self, reachable=False)

    def heard(self, age_s: float | None, now: float) -> "Watched":
        """The storage was read; `age_s`: how old the newest heartbeat is there, None when there is none."""
        return replace(self, read_at=now, heard_at=self.heard_at if age_s is None else now - age_s)

    def _restarted(self, pod: Pod) -> bool:
        before = self.pod.uptime_s if self.pod else None
        return before is not None and pod.uptime_s is not None and pod.uptime_s < before


def diagnose(watched: Watched, limits: Limits, now: float) -> LuthierError | None:
    """Why the pod has to be given up, or None to keep waiting."""
    if watched.pod and watched.pod.state == "ended" and not watched.misses:
        return _ended(watched.pod, worked=watched.heard_at is not None)
    if watched.misses:
        return _missing(watched, limits, now)
    if watched.heard_at is None:
        return _never_heard(watched, limits, now)
    return _silent(watched, watched.heard_at, limits)


def _ended(pod: Pod, worked: bool) -> LuthierError:
    said = f'RunPod says: "{pod.said}"' if pod.said else "RunPod does not say why"
    if any(word in pod.said.lower() for word in INTERRUPTED):
        return PodInterrupted(f"pod {pod.name} was taken back", said, GOES_ON)
    if worked:
        return PodLost(f"pod {pod.name} has ended", said, GOES_ON)
    return PodLost(f"pod {pod.name} ended before it began to work", said, BAD_START, "luthier.toml: pod_image")


def _missing(watched: Watched, limits: Limits, now: float) -> LuthierError | None:
    new = watched.pod is None and now - watched.created_at < FRESH_S
    alive = watched.heard_at is not None and watched.heard_at > watched.missing_since
    if new or watched.misses < LOOKS or (alive and _silence(watched) <= limits.silent_s):
        return None
    return PodLost(
        f"pod {watched.name} has vanished",
        "RunPod no longer knows it.",
        "Another one goes on from the last checkpoint.",
    )


def _never_heard(watched: Watched, limits: Limits, now: float) -> LuthierError | None:
    if watched.restarts >= RESTARTS:
        return PodStartTimeout(
            f"the container of pod {watched.name} starts again and again",
            f"It began {watched.restarts + 1} times without a word from Luthier.",
            "Look at the pod's log: the image, its entrypoint or a setting of the storage may be wrong.",
            "luthier.toml: pod_image",
        )
    if now - watched.created_at <= limits.ready_s or watched.read_at is None:
        return None
    state = watched.pod.state if watched.pod else "unknown to RunPod"
    return PodStartTimeout(
        f"pod {watched.name} did not come up within {limits.ready_s / 60:g} minutes",
        f"It is {state}, and nothing of it has reached the storage.",
        "Another one is tried. A large image needs more pod_ready_minutes.",
    )


def _silent(watched: Watched, heard_at: float, limits: Limits) -> LuthierError | None:
    silence = _silence(watched)
    if watched.reachable and silence > limits.silent_s:
        return PodStalled(
            f"pod {watched.name} shows no sign of life",
            f"RunPod says that it runs; its last heartbeat is {silence:.0f} s old.",
            "It is ended, and another one goes on from the last checkpoint.",
        )
    if not watched.reachable and silence > limits.dark_s:
        return PodLost(
            f"pod {watched.name} shows no sign of life, and RunPod does not answer",
            f"Its last heartbeat is {silence:.0f} s old.",
            "Another one goes on from the last checkpoint as soon as RunPod answers; this one may not write any more.",
        )
    return None


def _silence(watched: Watched) -> float:
    """Seconds without a heartbeat, up to when the storage was last read."""
    if watched.heard_at is None or watched.read_at is None:
        return 0.0
    return watched.read_at - watched.heard_at
