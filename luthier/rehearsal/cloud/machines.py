"""The hosts: they start containers, start them again, and kill them."""

import shutil
import time
from pathlib import Path

from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.cloud.container import Container
from luthier.rehearsal.cloud.image import Image
from luthier.rehearsal.cloud.pod import Pod
from luthier.rehearsal.cloud.starting import command, environment
from luthier.rehearsal.cloud.timing import Clock, Timing


class Machines:
    """root: holds `pods/<id>` (container disks), `graves/<id>-<n>` (those of the dead), `volumes/<id>`."""

    def __init__(self, root: Path, clock: Clock, timing: Timing, account: Account, images: dict[str, Image]):
        self.root, self.clock, self.timing = root, clock, timing
        self.account, self.images = account, images
        self.url = ""
        """Where containers find the API."""

    def disk(self, pod_id: str) -> Path:
        return self.root / "pods" / pod_id

    def start(self, pod: Pod) -> None:
        """A container on an empty disk, or on the one that its last container left. Without its program it exits."""
        (pod.disk / "tmp").mkdir(parents=True, exist_ok=True)
        image = self.images[pod.order.image]
        env = environment(pod, image, self.account, self._volume(pod), self.url)
        pod.logs.write("system", f"start container for {pod.order.image}: begin")
        try:
            pod.container = Container(command(pod, image), env, pod.disk, pod.logs)
        except OSError as error:
            self._again(pod, str(error))
        pod.container_since = self.clock.now()

    def restart(self, pod: Pod) -> None:
        """RunPod starts a container again whatever its exit code, and goes on billing."""
        assert pod.container
        pod.container.kill()
        code = pod.container.process.returncode
        pod.container = None
        self._again(pod, f"code {code}")

    def _again(self, pod: Pod, why: str) -> None:
        pod.logs.write("system", f"container exited ({why}), starting it again")
        pod.restarts += 1
        pod.ready_at = time.monotonic() + self.timing.restart_s

    def end(self, pod: Pod, notice_s: float) -> None:
        """Kill it, at once or `notice_s` after a SIGTERM; a second call does not give it more time."""
        if notice_s <= 0:
            self.kill(pod)
        elif pod.container and pod.kill_at is None:
            pod.container.ask_to_stop()
            pod.kill_at = time.monotonic() + notice_s

    def end_if_due(self, pod: Pod) -> None:
        if pod.container and (pod.container.over or time.monotonic() >= (pod.kill_at or 0)):
            self.kill(pod)

    def kill(self, pod: Pod) -> None:
        """End every process of it; then its disk is gone for it, and kept aside for whoever wants to look."""
        if pod.container:
            pod.container.kill()
        pod.container, pod.kill_at = None, None
        if pod.disk.exists():
            grave = self.root / "graves" / f"{pod.id}-{len(pod.graves)}"
            grave.parent.mkdir(exist_ok=True)
            pod.graves.append(Path(shutil.move(pod.disk, grave)))

    def _volume(self, pod: Pod) -> Path | None:
        """The folder that stands for its volume: a network volume's, or its host's own."""
        if not pod.order.volume_id and not pod.order.volume_gb:
            return None
        folder = self.root / "volumes" / (pod.order.volume_id or pod.id)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
