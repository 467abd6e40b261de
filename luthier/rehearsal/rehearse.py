"""The rehearsal: one small run straight, the same one with interruptions, and what held between them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from luthier.bucket import Bucket
from luthier.compute.orders import Remote
from luthier.events import Event
from luthier.rehearsal.cloud import Cloud, Image
from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.findings import Ended, findings
from luthier.rehearsal.plan import Strike
from luthier.rehearsal.sabotage import Sabotage, leak, spoil
from luthier.rehearsal.striker import Striker
from luthier.run import Run, open_run
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import load_spec
from luthier.validation import validate

IMAGE = "luthier:rehearsal"
QUICK = {"LUTHIER_HEARTBEAT_S": "2", "LUTHIER_PROVIDER_POLL_S": "1", "LUTHIER_POD_READY_MINUTES": "0.5"}
"""A simulated machine is up in a second, so that its silence means something sooner."""

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
TO_TIDY_S = 20


@dataclass
class Rehearsal:
    """To be used within `isolated(folder)`, with a Prefect server in PREFECT_API_URL.

    folder: holds what `scale_down` wrote, and gets the homes `straight` and `name`. command: starts `luthier`.
    bucket: where the simulated pods keep the run; the keys of S3 are in the usual variables.
    """

    folder: Path
    command: Sequence[str]
    bucket: Bucket
    name: str = "interrupted"
    strikes: list[Strike] = field(default_factory=list)
    sabotage: Sabotage | None = None

    def validate(self) -> None:
        """Validate the small run's data, once for both homes: that is done where no pod can vanish."""
        run = self._open("validated")
        *_, last = validate(run)
        run.folder.complete("validate-data", run.key("validate-data"), last["result"], seconds=0.0)

    def straight(self) -> subprocess.Popen[bytes]:
        """Start the run that nothing interrupts, on this machine; it is done at once where it was done before."""
        return self._luthier("straight", {}, "compute.provider=local")

    def interrupted(self, straight: subprocess.Popen[bytes]) -> Iterator[Event]:
        """Run the interrupted one, wait for the straight one, compare.

        Yields a `line` for each interruption and `progress`, last `finished` with the findings as its result.
        """
        remote = Remote(self.bucket, self._run(self.name).run_id)
        with self._cloud() as cloud:
            if self.sabotage == "leak":
                leak(cloud)
            process = self._luthier(self.name, self._environment(cloud), "compute.provider=runpod")
            striker = Striker(cloud, remote, self.strikes, lambda: self._spoil(remote))
            with ended(straight), ended(process), striker:
                yield from _followed(process, striker)
                codes = [process.returncode, straight.wait()]
            over = Ended(self._run("straight"), self._run(self.name), remote, cloud, striker, codes)
            yield {"kind": "finished", "time": time.time(), "result": findings(over)}

    def _cloud(self) -> Cloud:
        secrets = {key: os.environ[key] for key in KEYS if key in os.environ}
        image = Image((sys.executable, "-m", "luthier.pod"))
        return Cloud({IMAGE: image}, account=Account(secrets=secrets), root=self.folder / f"cloud-{self.name}")

    def _environment(self, cloud: Cloud) -> dict[str, str]:
        references = ",".join(f'"{key}":"{key}"' for key in KEYS if key in os.environ)
        storage = {"LUTHIER_STORAGE_ENDPOINT": self.bucket.endpoint, "LUTHIER_STORAGE_REGION": self.bucket.region}
        return {name: value for name, value in storage.items() if value} | {
            **QUICK,
            "RUNPOD_API_BASE_URL": cloud.url,
            "RUNPOD_API_KEY": cloud.account.key,
            "LUTHIER_STORAGE": self.bucket.uri,
            "LUTHIER_POD_IMAGE": IMAGE,
            "LUTHIER_POD_SECRETS": f"{{{references}}}",
        }

    def _luthier(self, home: str, environment: dict[str, str], *overrides: str) -> subprocess.Popen[bytes]:
        """`luthier run` on the small spec and its validated data, in a home and a session of its own."""
        if not (self.folder / home / "runs").exists():
            shutil.copytree(self.folder / "validated" / "runs", self.folder / home / "runs")
        sets = [part for override in overrides for part in ("--set", override)]
        with (self.folder / f"{home}.log").open("ab") as log:
            return subprocess.Popen(
                [*self.command, "run", str(self.folder / "spec.yaml"), *sets],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment, "LUTHIER_HOME": str(self.folder / home)},
                start_new_session=True,
            )

    def _run(self, home: str) -> RunFolder:
        return self._open(home).folder

    def _open(self, home: str) -> Run:
        return open_run(load_spec(self.folder / "spec.yaml"), Settings(home=self.folder / home))

    def _spoil(self, remote: Remote) -> None:
        if self.sabotage:
            spoil(self.sabotage, remote)


def _followed(process: subprocess.Popen[bytes], striker: Striker) -> Iterator[Event]:
    told = 0
    yield {"kind": "progress", "time": time.time(), "done": 0, "total": len(striker.strikes)}
    while process.poll() is None or told < len(striker.hits):
        for hit in striker.hits[told:]:
            told += 1
            text = f"{hit.planned.how} in phase {hit.phase}" + (f", attempt {hit.attempt}" if hit.attempt else "")
            yield {"kind": "line", "time": time.time(), "text": text}
            yield {"kind": "progress", "time": time.time(), "done": told, "total": len(striker.strikes)}
        time.sleep(0.2)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """A command that still runs after the block is told to end and tidies up; it is killed where it does not."""
    try:
        yield
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(TO_TIDY_S)
    except subprocess.TimeoutExpired:
        pass
    finally:  # a second Ctrl-C does not wait
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
