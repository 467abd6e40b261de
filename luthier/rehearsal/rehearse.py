"""The rehearsal: one small run straight, the same one with interruptions, and what held between them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from luthier.bucket import open_bucket
from luthier.compute.orders import Remote
from luthier.compute.pods.record import Records
from luthier.data import content_sha256
from luthier.events import Event
from luthier.history import interruptions
from luthier.rehearsal.cloud import Cloud, Image
from luthier.rehearsal.cloud.account import Account
from luthier.rehearsal.compare import Check, double_writers, little_lost, same_results
from luthier.rehearsal.plan import Strike
from luthier.rehearsal.sabotage import Sabotage, spoil
from luthier.rehearsal.scale import CHECKPOINT_EVERY
from luthier.rehearsal.striker import Hit, Striker
from luthier.run_folder import RunFolder
from luthier.settings import Settings
from luthier.spec_file import load_spec
from luthier.stages import run_id

IMAGE = "luthier:rehearsal"
QUICK = {"LUTHIER_HEARTBEAT_S": "2", "LUTHIER_PROVIDER_POLL_S": "1", "LUTHIER_POD_READY_MINUTES": "2"}
"""A simulated machine is up in a second, so that its silence means something sooner."""

FINISHED = (0, 3, 4)
"""How `luthier run` ends when there is a report; a tiny random model need not improve."""

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass
class Rehearsal:
    """folder: holds what `scale_down` wrote, and gets the homes `straight` and `name`.

    command: starts `luthier`; a Prefect server should be named in PREFECT_API_URL. storage: where the simulated pods
    keep the run; a folder, or an S3 address whose keys are in the usual variables.
    """

    folder: Path
    command: Sequence[str]
    storage: str
    name: str = "interrupted"
    strikes: list[Strike] = field(default_factory=list)
    sabotage: Sabotage | None = None

    def straight(self) -> subprocess.Popen[bytes]:
        """Start the run that nothing interrupts, on this machine; it is done at once where it was done before."""
        return self._luthier("straight", {}, "compute.provider=local")

    def interrupted(self, straight: subprocess.Popen[bytes]) -> Iterator[Event]:
        """Run the interrupted one, wait for the straight one, compare.

        Yields a `line` for each interruption, last `finished` with the findings as its result.
        """
        with self._cloud() as cloud:
            process = self._luthier(self.name, self._environment(cloud), "compute.provider=runpod")
            striker = Striker(cloud, self._remote(), self.strikes, lambda: self._spoil(cloud))
            try:
                yield from _shown(process, striker)
                codes = [process.returncode, straight.wait()]
            finally:
                hits = striker.stop()
                for each in (process, straight):
                    end(each)
            yield {"kind": "finished", "time": time.time(), "result": self._findings(cloud, hits, codes)}

    def _findings(self, cloud: Cloud, hits: list[Hit], codes: list[int]) -> dict[str, Any]:
        straight, interrupted = self._run("straight"), self._run(self.name)
        left, bill = len(cloud.running_pods()), cloud.bill()
        double = double_writers(self._remote().bucket, interrupted.run_id) + len(cloud.overlaps("luthier-"))
        quote = _quoted(interrupted, bill)
        both = all(code in FINISHED for code in codes)
        checks = [Check("both runs ended well, without a person", both, f"exit codes {codes}")]
        checks += same_results(straight, interrupted) if both else []
        checks += [
            Check("interruptions", len(hits) == len(self.strikes), f"{len(hits)} of {len(self.strikes)} came to pass"),
            little_lost(interrupted, CHECKPOINT_EVERY),
            Check("pods left", left == 0, str(left)),
            Check("attempts that wrote when they must not", double == 0, str(double)),
            Check("bill within the quote", bill["total"] <= quote, f"${bill['total']:.5f} of ${quote:.5f}"),
        ]
        return {
            "held": all(check.held for check in checks),
            "checks": [check._asdict() for check in checks],
            "straight_home": str(self.folder / "straight"),
            "interrupted_home": str(self.folder / self.name),
            "interruptions": _told(hits, interrupted),
            "pods_left": left,
            "double_writers": double,
            "bill": bill["total"],
            "quote": quote,
        }

    def _cloud(self) -> Cloud:
        secrets = {key: os.environ[key] for key in KEYS if key in os.environ}
        image = Image((sys.executable, "-m", "luthier.pod"))
        return Cloud({IMAGE: image}, account=Account(secrets=secrets), root=self.folder / f"cloud-{self.name}")

    def _environment(self, cloud: Cloud) -> dict[str, str]:
        references = ",".join(f'"{key}":"{key}"' for key in KEYS) if self.storage.startswith("s3://") else ""
        return QUICK | {
            "RUNPOD_API_BASE_URL": cloud.url,
            "RUNPOD_API_KEY": cloud.account.key,
            "LUTHIER_STORAGE": self.storage,
            "LUTHIER_POD_IMAGE": IMAGE,
            "LUTHIER_POD_SECRETS": f"{{{references}}}",
        }

    def _luthier(self, home: str, environment: dict[str, str], *overrides: str) -> subprocess.Popen[bytes]:
        """`luthier run` on the small spec, in a home and a session of its own."""
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
        return RunFolder(self.folder / home / "runs" / self._run_id())

    def _run_id(self) -> str:
        spec = load_spec(self.folder / "spec.yaml")
        return run_id(spec, content_sha256(spec.data.path))

    def _remote(self) -> Remote:
        return Remote(open_bucket(Settings(storage=self.storage)), self._run_id())

    def _spoil(self, cloud: Cloud) -> None:
        if self.sabotage:
            spoil(self.sabotage, self._remote(), cloud)


def _shown(process: subprocess.Popen[bytes], striker: Striker) -> Iterator[Event]:
    told = 0
    while process.poll() is None or told < len(striker.hits):
        for hit in striker.hits[told:]:
            text = f"{hit.planned.how} in phase {hit.phase}" + (f", attempt {hit.attempt}" if hit.attempt else "")
            yield {"kind": "line", "time": time.time(), "text": text}
            told += 1
        time.sleep(0.2)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C for a command that still runs, so that it tidies up."""
    if process.poll() is None:
        process.terminate()
        process.wait()


def _quoted(run: RunFolder, bill: dict[str, Any]) -> float:
    """What the billed seconds would cost at the highest price that was allowed for each pod."""
    limits = {record.name: record.max_usd_per_hour for record in Records(run).all()}
    return sum(limits.get(pod["name"], 0.0) * pod["seconds"] / 3600 for pod in bill["pods"].values())


def _told(hits: list[Hit], run: RunFolder) -> list[dict[str, Any]]:
    """Each interruption with what became of it."""
    deaths = {death["attempt"]: death for death in interruptions(run)}
    told = []
    for hit in hits:
        death = deaths.get(hit.attempt, {})
        outcome = {name: death.get(name) for name in ("step", "lost_steps", "resumed_after_s")}
        told.append({"attempt": hit.attempt, "phase": hit.phase, "how": hit.planned.how, "pod": hit.pod} | outcome)
    return told
